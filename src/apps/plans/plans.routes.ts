import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { ConflictError, NotFoundError, ValidationError } from '../../errors';
import { allow } from '../../http/allow';
import { parseListQuery } from '../../http/list-query';
import { parseForm, rowId } from '../../http/parse';
import { listView, viewList } from '../../http/view-list';
import { type Actor, actorOf } from '../accounts/audit.service';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { confirmTier, discardPlan, handOffPlan, reopenPlan, resolveConflict } from './plan-decisions.service';
import { planFormsRoutes } from './plan-forms.routes';
import { readPlan, readPlans } from './plan-page';
import { PLAN_STATES, PlannedChange } from './planned-change.model';
import { confirmForm, handOffForm, planFilters, resolveForm } from './plans.schemas';

const LIST = '/patreon/plans/';

/** Planned changes of tiers and campaigns: their list, the sheet of each, and what is decided about it. */
export function plansRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;
  router.use(planFormsRoutes(context));

  router.get(LIST, allow('plans.read'), async (req, res) => {
    const locals = {
      title: req.t('plans:list.title'),
      section: 'plans',
      states: PLAN_STATES,
      campaignName,
      campaignChoices: await PatreonCampaign.listChoices(knex),
    };
    await viewList(res, 'plans', locals, () => readList(req, context));
  });

  router.get(`${LIST}:id/`, allow('plans.read'), async (req, res) => {
    const plan = await PlannedChange.findById(rowId(req.params.id), knex);
    if (!plan) throw new NotFoundError();
    const shown = await readPlan(plan, knex);
    const title = req.t(`plans:subject.${plan.resource}.${plan.action}`, { name: shown.name });
    const breadcrumbs = [{ label: req.t('plans:list.title'), href: LIST }, { label: title }];
    const timeZone = shown.campaign.time_zone ?? undefined;
    res.view('plans/show', { ...shown, title, breadcrumbs, timeZone, section: 'plans' });
  });

  const decision = (name: string, decide: (req: Request, id: number, actor: Actor) => Promise<void>): void => {
    router.post(`${LIST}:id/${name}/`, allow('plans.write'), async (req, res) => {
      const id = rowId(req.params.id);
      await answer(req, res, { id, name }, () => decide(req, id, actorOf(req)));
    });
  };
  decision('discard', (_req, id, actor) => discardPlan(context, id, actor));
  decision('reopen', (_req, id, actor) => reopenPlan(context, id, actor));
  decision('handoff', (req, id, actor) => handOffPlan(context, id, parseForm(handOffForm, req.body).done, actor));
  decision('resolve', (req, id, actor) => resolveConflict(context, id, parseForm(resolveForm, req.body), actor));
  decision('confirm', (req, id, actor) => confirmTier(context, id, parseForm(confirmForm, req.body).tier, actor));

  return router;
}

/** Back to the sheet; what could not be done any more is told there. */
async function answer(
  req: Request,
  res: Response,
  { id, name }: { id: number; name: string },
  decide: () => Promise<void>,
): Promise<void> {
  const sheet = `${LIST}${id}/`;
  try {
    await decide();
    const undo = { address: `${sheet}reopen/`, label: req.t('plans:undo') };
    req.flash('success', req.t(`plans:done.${name}`), name === 'discard' ? undo : undefined);
  } catch (error) {
    if (!(error instanceof ConflictError || error instanceof ValidationError)) throw error;
    req.flash('warning', req.t(error.code === 'plan_rival' ? 'plans:refused.rival' : 'plans:refused.late'));
  }
  res.redirect(303, sheet);
}

async function readList(req: Request, { knex }: Context) {
  const query = parseListQuery(planFilters, PlannedChange.sorts, '-changed', req.query);
  const { campaign, state, due } = query.filters;
  if (campaign !== undefined && !(await PatreonCampaign.findById(campaign, knex))) {
    throw new ValidationError({ campaign: 'list:problem.campaign' });
  }
  const filter = { campaignId: campaign, state, isOverdue: due === 'overdue' };
  const [page, total] = await Promise.all([
    PlannedChange.listPage(filter, query.order, query.position, knex),
    PlannedChange.countMatching(filter, knex),
  ]);
  const list = listView(req.path, query, page, total);
  return { ...list, filters: query.filters, rows: await readPlans(page.rows, knex) };
}
