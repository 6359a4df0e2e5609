import { defineMessages } from '../../i18n';

export const chartsMessages = defineMessages({
  en: { title: 'Charts' },
  fr: { title: 'Graphiques' },
});
