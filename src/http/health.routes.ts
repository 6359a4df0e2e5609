import { Router } from 'express';
import type { Context } from '../context';
import { pendingMigrations } from '../db/migrate';
import { allow } from './allow';

/** For the platform: alive needs nothing, ready needs the database, its migrations, and not to be stopping. */
export function healthRoutes(context: Context, state: { draining: boolean }): Router {
  const router = Router();
  router.get('/healthz', allow('public'), (_req, res) => {
    res.json({ status: 'ok' });
  });
  router.get('/readyz', allow('public'), async (_req, res) => {
    const problem = state.draining ? 'stopping' : await notReady(context);
    res.status(problem ? 503 : 200).json(problem ? { status: 'unavailable', reason: problem } : { status: 'ok' });
  });
  return router;
}

async function notReady(context: Context): Promise<string | null> {
  try {
    const pending = await pendingMigrations(context.knex);
    return pending.length === 0 ? null : `${pending.length} migrations are waiting`;
  } catch {
    return 'the database cannot be reached';
  }
}
