import type { Express } from 'express';
import { accountsRoutes } from './apps/accounts/accounts.routes';
import { auditRoutes } from './apps/accounts/audit.routes';
import { campaignSettingsRoutes } from './apps/campaigns/campaign-settings.routes';
import { campaignsRoutes } from './apps/campaigns/campaigns.routes';
import { connectionsRoutes } from './apps/connections/connections.routes';
import { insightRoutes } from './apps/insight/insight.routes';
import { searchRoutes } from './apps/insight/search.routes';
import { dossierRoutes } from './apps/members/dossier.routes';
import { exportsRoutes } from './apps/members/exports.routes';
import { membersRoutes } from './apps/members/members.routes';
import { workbenchRoutes } from './apps/members/workbench.routes';
import { planNotices } from './apps/plans/plan-notices.service';
import { plansRoutes } from './apps/plans/plans.routes';
import { archiveRoutes } from './apps/posts/archive.routes';
import { draftsRoutes } from './apps/posts/drafts.routes';
import { editorRoutes } from './apps/posts/editor.routes';
import { planningRoutes } from './apps/posts/planning.routes';
import { PatreonPost } from './apps/posts/post.model';
import { postsRoutes } from './apps/posts/posts.routes';
import { workflowRoutes } from './apps/posts/workflow.routes';
import { syncRoutes } from './apps/sync/sync.routes';
import { requestSync } from './apps/sync/sync-runs.service';
import type { Context } from './context';

/** The mount table: one line per app, in dependency order. Routes carry their full address and their own policy. */
export function mountRoutes(app: Express, context: Context): void {
  app.use(accountsRoutes(context));
  app.use(auditRoutes(context));
  app.use(
    connectionsRoutes(context, {
      async onConnected(credentialId, staffId) {
        const { runId } = await requestSync(context, { trigger: 'connect', credentialId, staffId });
        return `/patreon/sync/${runId}/`;
      },
    }),
  );
  app.use(plansRoutes(context));
  app.use(campaignsRoutes(context, PatreonPost, planNotices));
  app.use(campaignSettingsRoutes(context));
  // Their addresses are more exact than that of one member.
  app.use(exportsRoutes(context));
  app.use(workbenchRoutes(context));
  app.use(dossierRoutes(context));
  app.use(membersRoutes(context));
  // Drafts and mirrored posts share their addresses: who does not know an id leaves it to the next.
  app.use(archiveRoutes(context));
  app.use(editorRoutes(context));
  app.use(planningRoutes(context));
  app.use(workflowRoutes(context));
  app.use(draftsRoutes(context));
  app.use(postsRoutes(context));
  app.use(syncRoutes(context));
  app.use(insightRoutes(context));
  app.use(searchRoutes(context));
}
