import { defineMessages } from '../../i18n';

/** Texts of review, hand-off and arrival; namespace `workflow`. */
export const workflowMessages = defineMessages({
  en: { title: 'Review' },
  fr: { title: 'Relecture' },
});
