import { defineMessages } from '../../i18n';

export const workbenchMessages = defineMessages({
  en: { title: 'Workbench' },
  fr: { title: 'Atelier' },
});
