import { defineMessages } from '../../i18n';

/** Texts of the editor and its preview; namespace `editor`. */
export const editorMessages = defineMessages({
  en: { title: 'Editor' },
  fr: { title: 'Éditeur' },
});
