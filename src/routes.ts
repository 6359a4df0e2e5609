import type { Express } from 'express';
import { accountsRoutes } from './apps/accounts/accounts.routes';
import { campaignsRoutes } from './apps/campaigns/campaigns.routes';
import { connectionsRoutes } from './apps/connections/connections.routes';
import { insightRoutes } from './apps/insight/insight.routes';
import { membersRoutes } from './apps/members/members.routes';
import { PatreonPost } from './apps/posts/post.model';
import { postsRoutes } from './apps/posts/posts.routes';
import { syncRoutes } from './apps/sync/sync.routes';
import { requestSync } from './apps/sync/sync-runs.service';
import type { Context } from './context';

/** The mount table: one line per app, in dependency order. Routes carry their full address and their own policy. */
export function mountRoutes(app: Express, context: Context): void {
  app.use(accountsRoutes(context));
  app.use(
    connectionsRoutes(context, {
      async onConnected(credentialId, staffId) {
        const { runId } = await requestSync(context, { trigger: 'connect', credentialId, staffId });
        return `/patreon/sync/${runId}/`;
      },
    }),
  );
  app.use(campaignsRoutes(context, PatreonPost));
  app.use(membersRoutes(context));
  app.use(postsRoutes(context));
  app.use(syncRoutes(context));
  app.use(insightRoutes(context));
}
