import type { Express } from 'express';
import type { Context } from './context';
import { accountsRoutes } from './apps/accounts/accounts.routes';
import { insightRoutes } from './apps/insight/insight.routes';
import { syncRoutes } from './apps/sync/sync.routes';

/** The mount table: one line per app, in dependency order. Routes carry their full address and their own policy. */
export function mountRoutes(app: Express, context: Context): void {
  app.use(accountsRoutes(context));
  app.use(syncRoutes(context));
  app.use(insightRoutes(context));
}
