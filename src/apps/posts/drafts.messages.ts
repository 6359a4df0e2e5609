import { defineMessages } from '../../i18n';

/** Texts of drafts and their versions; namespace `drafts`. */
export const draftsMessages = defineMessages({
  en: { title: 'Drafts' },
  fr: { title: 'Brouillons' },
});
