import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { ConflictError, NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { rowId } from '../../http/parse';
import { PatreonCredential } from '../connections/patreon-credential.model';
import { QuarantinedRecord, SyncRun, SyncRunResource } from './sync-run.model';
import { cancelRun, requestSync } from './sync-runs.service';

const RUNS_PER_PAGE = 30;
const QUARANTINE_SHOWN = 50;

/** Runs: the list, one run with live progress, and the buttons that start and stop them. */
export function syncRoutes(context: Context): Router {
  const router = Router();

  router.get('/patreon/sync/', allow('sync.read'), async (req, res) => {
    const before =
      typeof req.query.before === 'string' && /^\d{1,9}$/.test(req.query.before) ? Number(req.query.before) : undefined;
    const runs = await SyncRun.list({ limit: RUNS_PER_PAGE + 1, before });
    const shown = runs.slice(0, RUNS_PER_PAGE);
    const connected = (await PatreonCredential.liveIds(context.knex)).length > 0;
    const older = runs.length > shown.length ? `/patreon/sync/?before=${shown.at(-1)?.id}` : null;
    const title = req.t('sync:list.title');
    res.view('sync/index', {
      title,
      section: 'sync',
      runs: await withTotals(shown),
      connected,
      older,
    });
  });

  router.post('/patreon/sync/', allow('sync.manage'), async (req, res) => {
    await start(context, req, res, {});
  });

  router.get('/patreon/sync/:run/', allow('sync.read'), async (req, res) => {
    await showRun(req, res, rowId(req.params.run));
  });

  router.post('/patreon/sync/:run/cancel/', allow('sync.manage'), async (req, res) => {
    const run = await cancelRun(context, rowId(req.params.run));
    req.flash('info', req.t('sync:run.cancelled'));
    res.redirect(303, `/patreon/sync/${run.id}/`);
  });

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
      openRunId: open?.run_id ?? null,
      lastRun: lastRun ?? null,
    });
  });

  router.post('/patreon/campaigns/:id/sync/', allow('sync.manage'), async (req, res) => {
    const campaign = await findCampaign(context, rowId(req.params.id));
    await start(context, req, res, { campaignId: campaign.id });
  });

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

async function showRun(req: Request, res: Response, runId: number): Promise<void> {
  const run = await SyncRun.query().findById(runId);
  if (!run) throw new NotFoundError();
  const [parts, quarantined] = await Promise.all([
    SyncRunResource.listForRun(run.id),
    QuarantinedRecord.listForRun(run.id, QUARANTINE_SHOWN + 1),
  ]);
  const end = run.finished_at ? Date.parse(run.finished_at) : Date.now();
  const locals = {
    title: req.t('sync:run.title', { id: run.id }),
    section: 'sync',
    breadcrumbs: [
      { label: req.t('sync:list.title'), href: '/patreon/sync/' },
      { label: req.t('sync:run.title', { id: run.id }) },
    ],
    run,
    parts,
    durationMs: run.started_at ? end - Date.parse(run.started_at) : null,
    // Raw records hold names and e-mails.
    quarantined: req.can('members.email') ? quarantined.slice(0, QUARANTINE_SHOWN) : [],
    quarantineShown: quarantined.length > QUARANTINE_SHOWN ? QUARANTINE_SHOWN : null,
  };
  res.view('sync/show', locals, { fragment: 'sync/_progress' });
}

async function findCampaign(
  { knex }: Context,
  id: number,
): Promise<{ id: number; credential_id: number | null; name: string }> {
  const row = await knex('patreon_campaigns')
    .where({ id })
    .first('id', 'credential_id', knex.raw('coalesce(name, creation_name, vanity, patreon_id) as name'));
  if (!row) throw new NotFoundError();
  return row;
}

type Totals = Partial<Record<'fetched' | 'created' | 'updated' | 'gone' | 'quarantined', number>>;

async function withTotals(runs: SyncRun[]): Promise<(SyncRun & { totals: Totals })[]> {
  const totals = await SyncRunResource.totals(runs.map((run) => run.id));
  return runs.map((run) => Object.assign(run, { totals: totals.get(run.id) ?? {} }));
}
