import { defineMessages } from '../../i18n';

/** Texts of planned changes; namespace `plans`. */
export const plansMessages = defineMessages({
  en: { title: 'Plans' },
  fr: { title: 'Changements prévus' },
});
