import { accountsMessages } from './apps/accounts/accounts.messages';
import { campaignsMessages } from './apps/campaigns/campaigns.messages';
import { connectionsMessages } from './apps/connections/connections.messages';
import { insightMessages } from './apps/insight/insight.messages';
import { membersMessages } from './apps/members/members.messages';
import { postsMessages } from './apps/posts/posts.messages';
import { syncMessages } from './apps/sync/sync.messages';
import { listMessages } from './http/list.messages';
import { createCatalogue } from './i18n';
import { sharedMessages } from './shared.messages';

/** One namespace per app. */
export const catalogue = createCatalogue({
  shared: sharedMessages,
  list: listMessages,
  accounts: accountsMessages,
  connections: connectionsMessages,
  campaigns: campaignsMessages,
  members: membersMessages,
  posts: postsMessages,
  sync: syncMessages,
  insight: insightMessages,
});
