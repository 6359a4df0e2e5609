import { defineMessages } from '../../i18n';

export const memberFiltersMessages = defineMessages({
  en: { title: 'Filters' },
  fr: { title: 'Filtres' },
});
