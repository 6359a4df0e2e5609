import { type Request, Router } from 'express';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { wantsJson } from '../../http/error-handler';
import { changesRoutes } from './changes.routes';
import { readDashboard } from './dashboard';
import { designSystemRoutes } from './design-system.routes';
import { apiStatus, currentProblems, type Problem } from './status.service';

/** The dashboard, what changed last, and the state of the connection. */
export function insightRoutes(context: Context): Router {
  const router = Router();

  router.use(changesRoutes(context));
  // For those who build pages; nobody who uses them has a need of it.
  if (!context.config.production) router.use(designSystemRoutes());

  router.get('/', allow('public'), (_req, res) => res.redirect(302, '/patreon/'));

  router.get('/patreon/', allow('campaigns.read'), async (req, res) => {
    const [problems, dashboard] = await Promise.all([currentProblems(context, req.t), readDashboard(req, context)]);
    // Nobody needs to be told twice: an empty panel says by itself that it is not connected.
    const isEmpty = dashboard.connections.length === 0;
    res.locals.problems = withUsableLinks(
      req,
      isEmpty ? problems.filter(({ code }) => code !== 'no_connection') : problems,
    );
    res.view('insight/dashboard', { title: req.t('insight:dashboard.title'), section: 'dashboard', ...dashboard });
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
