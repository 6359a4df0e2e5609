import { defineMessages } from '../../i18n';

/** Texts of calendar, templates and snippets; namespace `planning`. */
export const planningMessages = defineMessages({
  en: { title: 'Calendar' },
  fr: { title: 'Calendrier' },
});
