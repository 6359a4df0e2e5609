import { accountsMessages } from './apps/accounts/accounts.messages';
import { auditMessages } from './apps/accounts/audit.messages';
import { campaignSettingsMessages } from './apps/campaigns/campaign-settings.messages';
import { campaignsMessages } from './apps/campaigns/campaigns.messages';
import { tierDetailsMessages } from './apps/campaigns/tier-details.messages';
import { connectionsMessages } from './apps/connections/connections.messages';
import { chartsMessages } from './apps/insight/charts.messages';
import { insightMessages } from './apps/insight/insight.messages';
import { searchMessages } from './apps/insight/search.messages';
import { specimensMessages } from './apps/insight/specimens.messages';
import { dossierMessages } from './apps/members/dossier.messages';
import { exportsMessages } from './apps/members/exports.messages';
import { memberFiltersMessages } from './apps/members/filters.messages';
import { membersMessages } from './apps/members/members.messages';
import { workbenchMessages } from './apps/members/workbench.messages';
import { plansMessages } from './apps/plans/plans.messages';
import { archiveMessages } from './apps/posts/archive.messages';
import { draftBulkMessages } from './apps/posts/draft-bulk.messages';
import { draftsMessages } from './apps/posts/drafts.messages';
import { editorMessages } from './apps/posts/editor.messages';
import { planningMessages } from './apps/posts/planning.messages';
import { postTemplateMessages } from './apps/posts/post-template.messages';
import { postsMessages } from './apps/posts/posts.messages';
import { workflowMessages } from './apps/posts/workflow.messages';
import { syncMessages } from './apps/sync/sync.messages';
import { listMessages } from './http/list.messages';
import { createCatalogue } from './i18n';
import { sharedMessages } from './shared.messages';

/** One namespace per app, and one for each larger part of an app. */
export const catalogue = createCatalogue({
  shared: sharedMessages,
  list: listMessages,
  accounts: accountsMessages,
  audit: auditMessages,
  connections: connectionsMessages,
  campaigns: campaignsMessages,
  campaignSettings: campaignSettingsMessages,
  tierDetails: tierDetailsMessages,
  members: membersMessages,
  filters: memberFiltersMessages,
  workbench: workbenchMessages,
  dossier: dossierMessages,
  exports: exportsMessages,
  plans: plansMessages,
  posts: postsMessages,
  archive: archiveMessages,
  drafts: draftsMessages,
  editor: editorMessages,
  workflow: workflowMessages,
  planning: planningMessages,
  postTemplate: postTemplateMessages,
  draftBulk: draftBulkMessages,
  sync: syncMessages,
  insight: insightMessages,
  charts: chartsMessages,
  specimens: specimensMessages,
  search: searchMessages,
});
