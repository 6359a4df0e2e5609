import { defineMessages } from '../../i18n';

export const searchMessages = defineMessages({
  en: { title: 'Search' },
  fr: { title: 'Recherche' },
});
