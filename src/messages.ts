import { createCatalogue } from './i18n';
import { sharedMessages } from './shared.messages';
import { accountsMessages } from './apps/accounts/accounts.messages';
import { insightMessages } from './apps/insight/insight.messages';
import { syncMessages } from './apps/sync/sync.messages';

/** One namespace per app. */
export const catalogue = createCatalogue({
  shared: sharedMessages,
  accounts: accountsMessages,
  sync: syncMessages,
  insight: insightMessages,
});
