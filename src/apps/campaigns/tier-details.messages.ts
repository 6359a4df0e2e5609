import { defineMessages } from '../../i18n';

export const tierDetailsMessages = defineMessages({
  en: { title: 'Tier' },
  fr: { title: 'Palier' },
});
