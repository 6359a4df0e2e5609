import { defineMessages } from '../../i18n';

/** Texts of published posts: search, versions, archive; namespace `archive`. */
export const archiveMessages = defineMessages({
  en: { title: 'Archive' },
  fr: { title: 'Archives' },
});
