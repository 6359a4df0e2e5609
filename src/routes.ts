import type { Express } from 'express';
import type { Context } from './context';
import { accountsRoutes } from './apps/accounts/accounts.routes';
import { campaignsRoutes } from './apps/campaigns/campaigns.routes';
import { insightRoutes } from './apps/insight/insight.routes';
import { PatreonPost } from './apps/posts/post.model';
import { postsRoutes } from './apps/posts/posts.routes';
import { syncRoutes } from './apps/sync/sync.routes';

/** The mount table: one line per app, in dependency order. Routes carry their full address and their own policy. */
export function mountRoutes(app: Express, context: Context): void {
  app.use(accountsRoutes(context));
  app.use(campaignsRoutes(context, PatreonPost));
  app.use(postsRoutes(context));
  app.use(syncRoutes(context));
  app.use(insightRoutes(context));
}
