import { defineMessages } from '../../i18n';

export const exportsMessages = defineMessages({
  en: { title: 'Exports' },
  fr: { title: 'Exports' },
});
