import { createCatalogue } from './i18n';
import { listMessages } from './http/list.messages';
import { sharedMessages } from './shared.messages';
import { accountsMessages } from './apps/accounts/accounts.messages';
import { campaignsMessages } from './apps/campaigns/campaigns.messages';
import { insightMessages } from './apps/insight/insight.messages';
import { postsMessages } from './apps/posts/posts.messages';
import { syncMessages } from './apps/sync/sync.messages';

/** One namespace per app. */
export const catalogue = createCatalogue({
  shared: sharedMessages,
  list: listMessages,
  accounts: accountsMessages,
  campaigns: campaignsMessages,
  posts: postsMessages,
  sync: syncMessages,
  insight: insightMessages,
});
