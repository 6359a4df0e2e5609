import { defineMessages } from '../../i18n';

export const campaignSettingsMessages = defineMessages({
  en: { title: 'Settings' },
  fr: { title: 'Réglages' },
});
