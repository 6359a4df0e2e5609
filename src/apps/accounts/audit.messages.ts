import { defineMessages } from '../../i18n';

export const auditMessages = defineMessages({
  en: { title: 'Audit log' },
  fr: { title: 'Journal d’audit' },
});
