import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { ConflictError, NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { rowId } from '../../http/parse';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonCredential } from '../connections/patreon-credential.model';
import { heldRunsRoutes } from './held-runs.routes';
import { refreshRoutes } from './refresh.routes';
import { comparison, readRunPage } from './run-page';
import { runBefore } from './sync.schemas';
import { RESOURCES, SyncRun, SyncRunResource } from './sync-run.model';
import { cancelRun, requestSync } from './sync-runs.service';

const RUNS_PER_PAGE = 30;

/** Runs: the list, one run with live progress, and the buttons that start and stop them. */
export function syncRoutes(context: Context): Router {
  const router = Router();

  router.get('/patreon/sync/', allow('sync.read'), async (req, res) => {
    const runs = await SyncRun.list({ limit: RUNS_PER_PAGE + 1, before: runBefore(req.query.before) });
    const shown = runs.slice(0, RUNS_PER_PAGE);
    const connected = (await PatreonCredential.liveIds(context.knex)).length > 0;
    const older = runs.length > shown.length ? `/patreon/sync/?before=${shown.at(-1)?.id}` : null;
    const title = req.t('sync:list.title');
    res.view('sync/index', {
      title,
      section: 'sync',
      runs: await listedRuns(shown, context.clock.now().getTime()),
      resources: RESOURCES,
      connected,
      older,
    });
  });

  router.post('/patreon/sync/', allow('sync.manage'), async (req, res) => {
    await start(context, req, res, {});
  });

  router.get('/patreon/sync/:run/', allow('sync.read'), (req, res) => showRun(req, res, context));

  router.post('/patreon/sync/:run/cancel/', allow('sync.manage'), async (req, res) => {
    const id = rowId(req.params.run);
    const before = await SyncRun.query().findById(id);
    const run = await cancelRun(context, id);
    req.flash('info', req.t(`sync:run.${stopWord(before, run)}`));
    res.redirect(303, `/patreon/sync/${run.id}/`);
  });

  router.get('/patreon/sync/:run/cancel/', allow('sync.read'), (req, res) =>
    res.redirect(303, `/patreon/sync/${rowId(req.params.run)}/`),
  );

  router.get('/patreon/campaigns/:id/sync/', allow('sync.manage'), async (req, res) => {
    const campaign = await findCampaign(context, rowId(req.params.id));
    const open =
      campaign.credential_id === null
        ? undefined
        : await context.knex('sync_locks').where({ credential_id: campaign.credential_id }).first('run_id');
    const last = await SyncRunResource.query().where({ campaign_id: campaign.id }).max('run_id as run_id').first();
    const lastRun = last?.run_id ? await SyncRun.query().findById(last.run_id) : undefined;
    const title = req.t('sync:campaign.title', { name: campaign.name });
    res.view('sync/campaign', {
      title,
      section: 'sync',
      breadcrumbs: [
        { label: req.t('shared:nav.campaigns'), href: '/patreon/campaigns/' },
        { label: campaign.name, href: `/patreon/campaigns/${campaign.id}/` },
        { label: req.t('shared:nav.sync') },
      ],
      campaign,
      timeZone: campaign.time_zone,
      openRunId: open?.run_id ?? null,
      lastRun: lastRun ?? null,
    });
  });

  router.post('/patreon/campaigns/:id/sync/', allow('sync.manage'), async (req, res) => {
    const campaign = await findCampaign(context, rowId(req.params.id));
    await start(context, req, res, { campaignId: campaign.id });
  });

  router.use(heldRunsRoutes(context));
  router.use(refreshRoutes(context));
  return router;
}

async function start(context: Context, req: Request, res: Response, scope: { campaignId?: number }): Promise<void> {
  try {
    const { runId, isNew } = await requestSync(context, { trigger: 'panel', staffId: req.staff?.id, ...scope });
    req.flash(isNew ? 'success' : 'info', req.t(isNew ? 'sync:started' : 'sync:already'));
    res.redirect(303, `/patreon/sync/${runId}/`);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    req.flash('error', req.t('sync:list.emptyNotConnected'));
    res.redirect(303, '/patreon/sync/');
  }
}

/** What asking a run to stop came to. */
function stopWord(before: SyncRun | undefined, { state, isOpen, decision }: SyncRun): string {
  if (state === 'held') return 'isHeld';
  if (isOpen) return decision === null ? 'cancelled' : 'isDecided';
  return before?.state === 'queued' && state === 'cancelled' ? 'cancelledAtOnce' : 'endedAlready';
}

async function showRun(req: Request, res: Response, context: Context): Promise<void> {
  const locals = await readRunPage(req, context, rowId(req.params.run));
  const fragment = req.query.after === undefined ? 'sync/_progress' : 'sync/_departures';
  res.view('sync/show', locals, { fragment });
}

async function findCampaign(
  { knex }: Context,
  id: number,
): Promise<{ id: number; credential_id: number | null; name: string; time_zone: string | null }> {
  const campaign = await PatreonCampaign.findById(id, knex);
  if (!campaign) throw new NotFoundError();
  return {
    id,
    credential_id: campaign.credential_id,
    name: campaignName(campaign),
    time_zone: campaign.time_zone ?? null,
  };
}

async function listedRuns(runs: SyncRun[], now: number) {
  const ids = runs.map((run) => run.id);
  const [counts, usual] = await Promise.all([SyncRunResource.byResource(ids), SyncRun.usualDurations(ids)]);
  return runs.map((run) => {
    const durationMs = run.isOpen ? null : run.durationAt(now);
    const compared = comparison(run, durationMs, usual.get(run.id));
    return Object.assign(run, { counts: counts.get(run.id) ?? {}, durationMs, usual: compared });
  });
}
