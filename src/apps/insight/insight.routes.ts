import { type Request, Router } from 'express';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { wantsJson } from '../../http/error-handler';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { connectionStatuses } from '../connections/connection-status.service';
import { requestUsage } from '../connections/request-budget.service';
import { PatreonMember } from '../members/member.model';
import { PatreonPost } from '../posts/post.model';
import { SyncRun } from '../sync/sync-run.model';
import { liveCounts, memberFigures } from './figures.service';
import { apiStatus, currentProblems, type Problem } from './status.service';

const RECENT = 5;
const CAMPAIGNS_SHOWN = 12;

/** The dashboard and the state of the connection. */
export function insightRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.get('/', allow('public'), (_req, res) => res.redirect(302, '/patreon/'));

  router.get('/patreon/', allow('campaigns.read'), async (req, res) => {
    const [problems, counts, members, usage, campaigns, newest, posts, lastGood, connections] = await Promise.all([
      currentProblems(context, req.t),
      liveCounts(knex),
      memberFigures(knex, context.clock.now()),
      requestUsage(context),
      PatreonCampaign.listChoices(knex, CAMPAIGNS_SHOWN),
      PatreonMember.listNewest(RECENT, knex),
      PatreonPost.listLatest(RECENT, knex),
      SyncRun.query().whereIn('state', ['succeeded', 'partial']).orderBy('id', 'desc').first(),
      connectionStatuses(context),
    ]);
    // Nobody needs to be told twice: an empty panel says by itself that it is not connected.
    const shown = connections.length === 0 ? problems.filter((p) => p.code !== 'no_connection') : problems;
    res.locals.problems = withUsableLinks(req, shown);
    const monthly = req.can('money.read') ? members.monthly : [];
    res.view('insight/dashboard', {
      title: req.t('insight:dashboard.title'),
      section: 'dashboard',
      connections,
      counts,
      members: { ...members, monthly },
      usage,
      campaigns,
      newest,
      posts,
      dataThrough: lastGood?.finished_at ?? null,
    });
  });

  router.get('/patreon/api/status/', allow('status.read'), async (req, res) => {
    const status = await apiStatus(context, req.t);
    if (wantsJson(req)) {
      res.json(status);
      return;
    }
    res.locals.problems = withUsableLinks(req, status.problems);
    res.view('insight/status', {
      title: req.t('insight:status.title'),
      section: 'status',
      status,
      waitingUntil: status.requests.waiting_until,
    });
  });

  return router;
}

interface ShownProblem extends Problem {
  /** What the link is called, where it does not lead to what puts it right. */
  link?: 'see' | 'decide';
}

/** A reader who may not open the page where a problem is put right is told of it without the link. */
function withUsableLinks(req: Request, found: Problem[]): ShownProblem[] {
  const heldLink = req.can('sync.decide') ? 'decide' : 'see';
  const problems = found.map((p) => (p.code === 'sync_held' ? ({ ...p, link: heldLink } as const) : p));
  if (req.can('credentials.manage')) return problems;
  return problems.map((p) => (/^\/(admin|patreon\/oauth)\//.test(p.fix_url) ? { ...p, fix_url: '' } : p));
}
