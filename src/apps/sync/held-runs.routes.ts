import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { ConflictError } from '../../errors';
import { allow } from '../../http/allow';
import { wantsJson } from '../../http/error-handler';
import { rowId } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { applyHeldRun, discardHeldRun } from './held-runs.service';
import { readRunPage } from './run-page';
import { SyncRun } from './sync-run.model';

/** The owner's word on a run that was held. */
export function heldRunsRoutes(context: Context): Router {
  const router = Router();

  router.post('/patreon/sync/:run/apply/', allow('sync.decide'), async (req, res) => {
    const id = rowId(req.params.run);
    try {
      await applyHeldRun(context, id, actorOf(req));
    } catch (error) {
      return refuse(context, req, res, id, error);
    }
    const run = await SyncRun.query().findById(id);
    req.flash(run?.isOpen ? 'success' : 'info', req.t(`sync:held.flash.${run?.isOpen ? 'applying' : 'applied'}`));
    return res.redirect(303, `/patreon/sync/${id}/`);
  });

  router.post('/patreon/sync/:run/discard/', allow('sync.decide'), async (req, res) => {
    const id = rowId(req.params.run);
    try {
      await discardHeldRun(context, id, actorOf(req));
    } catch (error) {
      return refuse(context, req, res, id, error);
    }
    req.flash('success', req.t('sync:held.flash.discarded'));
    return res.redirect(303, `/patreon/sync/${id}/`);
  });

  // What a page that was left open posted to is an address like any other: it leads back to the run.
  for (const decision of ['apply', 'discard']) {
    router.get(`/patreon/sync/:run/${decision}/`, allow('sync.read'), (req, res) =>
      res.redirect(303, `/patreon/sync/${rowId(req.params.run)}/`),
    );
  }

  return router;
}

/** A decision that cannot be taken is answered with the run's page, which says why and what has become of it. */
async function refuse(context: Context, req: Request, res: Response, runId: number, error: unknown): Promise<void> {
  if (!(error instanceof ConflictError)) throw error;
  const run = await SyncRun.query().findById(runId);
  const text = req.t(`sync:held.refused.${run?.decision === 'superseded' ? 'superseded' : error.code}`);
  if (wantsJson(req)) throw new ConflictError(text, error.code);
  req.flash('warning', text);
  res.view('sync/show', await readRunPage(req, context, runId), { status: 409 });
}
