import { defineMessages } from '../../i18n';

export const dossierMessages = defineMessages({
  en: { title: 'Notes and labels' },
  fr: { title: 'Notes et étiquettes' },
});
