import { defineMessages } from '../../i18n';

/** Texts of sign-in, set-up, the own account and staff; namespace `accounts`. */
export const accountsMessages = defineMessages({
  en: { signIn: { title: 'Sign in' } },
  fr: { signIn: { title: 'Connexion' } },
});
