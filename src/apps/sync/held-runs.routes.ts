import { type Request, Router } from 'express';
import type { Context } from '../../context';
import { ConflictError } from '../../errors';
import { allow } from '../../http/allow';
import { rowId } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { applyHeldRun, discardHeldRun } from './held-runs.service';
import { SyncRun } from './sync-run.model';

/** The owner's word on a run that was held. */
export function heldRunsRoutes(context: Context): Router {
  const router = Router();

  router.post('/patreon/sync/:run/apply/', allow('sync.decide'), async (req, res) => {
    const id = rowId(req.params.run);
    await applyHeldRun(context, id, actorOf(req)).catch((error) => explain(req, id, error));
    const run = await SyncRun.query().findById(id);
    req.flash(run?.isOpen ? 'success' : 'info', req.t(`sync:held.flash.${run?.isOpen ? 'applying' : 'applied'}`));
    res.redirect(303, `/patreon/sync/${id}/`);
  });

  router.post('/patreon/sync/:run/discard/', allow('sync.decide'), async (req, res) => {
    const id = rowId(req.params.run);
    await discardHeldRun(context, id, actorOf(req)).catch((error) => explain(req, id, error));
    req.flash('success', req.t('sync:held.flash.discarded'));
    res.redirect(303, `/patreon/sync/${id}/`);
  });

  return router;
}

/** Why a decision cannot be taken, in the reader's language. @throws always */
async function explain(req: Request, runId: number, error: unknown): Promise<never> {
  if (!(error instanceof ConflictError)) throw error;
  const run = await SyncRun.query().findById(runId);
  const why = run?.decision === 'superseded' ? 'superseded' : error.code;
  throw new ConflictError(req.t(`sync:held.refused.${why}`), error.code);
}
