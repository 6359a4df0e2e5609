import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { languageTag } from '../../http/format';
import { ownPath } from '../../http/own-path';
import { parseForm, rowId } from '../../http/parse';
import { wantsFragment } from '../../http/render';
import type { Flash } from '../../http/types';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { CALENDAR, calendarAddress, calendarLocals, calendarQuery, postsCrumbs } from './calendar-page';
import { PostDraft } from './draft.model';
import { isPlannable, planAsVersion, planDraft, type ReplannedDraft } from './draft-plan.service';
import { isLocalTime, toLocalTime, toPlannedFor } from './planned-time';

/** Empty, or `unplan`: off the calendar. */
const planForm = z.object({
  planned_for: z
    .string('planning:problem.planned_for')
    .trim()
    .refine((text) => text === '' || isLocalTime(text), 'planning:problem.planned_for')
    .default(''),
  unplan: z.string().optional(),
});

/** Days of drafts and published posts, and giving a draft another one. */
export function calendarRoutes(context: Context): Router {
  const router = Router();
  const { knex, clock } = context;

  router.get(CALENDAR, allow('posts.read'), (req, res) => calendarPage(req, res));

  router.get('/patreon/posts/:id/plan/', allow('posts.write'), async (req, res) => {
    const { draft, campaign } = await findDraft(req);
    const values = { planned_for: toLocalTime(draft.planned_for, campaign.time_zone) };
    planPage(req, res, draft, campaign, { values, errors: {} });
  });

  router.post('/patreon/posts/:id/plan/', allow('posts.write'), async (req, res) => {
    const { draft, campaign } = await findDraft(req);
    try {
      const form = parseForm(planForm, req.body);
      const local = form.unplan ? '' : form.planned_for;
      const planned_for = local === '' ? null : await toPlannedFor(local, campaign.time_zone, knex);
      const planned = await planDraft(context, { id: draft.id, planned_for }, req.staff?.id as number);
      await done(req, res, message(req, draft, campaign, planned_for, planned));
    } catch (error) {
      const errors = formMessages(req, error);
      if (wantsFragment(req)) await calendarPage(req, res, { kind: 'error', text: Object.values(errors)[0] ?? '' });
      else planPage(req, res, draft, campaign, { values: typedValues(req, ['planned_for']), errors }, 422);
    }
  });

  router.post('/patreon/posts/:id/plan/:version/', allow('posts.write'), async (req, res) => {
    const { draft, campaign } = await findDraft(req);
    const version = rowId(req.params.version);
    if (version > 2_147_483_647) throw new NotFoundError();
    try {
      const planned = await planAsVersion(context, draft.id, version, req.staff?.id as number);
      const planned_for = planned ? planned.planned_for : draft.planned_for;
      await done(req, res, message(req, draft, campaign, planned_for));
    } catch (error) {
      const [text = ''] = Object.values(formMessages(req, error));
      await done(req, res, { kind: 'error', text });
    }
  });

  async function findDraft(req: Request): Promise<{ draft: PostDraft; campaign: PatreonCampaign }> {
    const draft = await PostDraft.findLive(rowId(req.params.id), knex);
    const campaign = draft && (await PatreonCampaign.findById(draft.campaign_id, knex));
    if (!draft || !campaign) throw new NotFoundError();
    return { draft, campaign };
  }

  /** In one sentence what the plan is now, with the way back to the one before. */
  function message(
    req: Request,
    draft: PostDraft,
    campaign: PatreonCampaign,
    plannedFor: string | null,
    planned?: ReplannedDraft,
  ): Flash {
    const title = draft.title || req.t('drafts:untitled');
    const next = new URLSearchParams({ next: nextAddress(req) });
    const address = `/patreon/posts/${draft.id}/plan/${draft.version}/?${next}`;
    const undo = planned && { action: { address, label: req.t('planning:undo') } };
    if (plannedFor === null) return { kind: 'success', text: req.t('planning:unplanned.done', { title }), ...undo };
    const at = spokenTime(req, plannedFor, campaign.time_zone);
    const isPast = Date.parse(plannedFor) < clock.now().getTime();
    const text = req.t(isPast ? 'planning:move.donePast' : 'planning:move.done', { title, at });
    return { kind: isPast ? 'warning' : 'success', text, ...undo };
  }

  async function done(req: Request, res: Response, notice: Flash): Promise<void> {
    if (wantsFragment(req)) return calendarPage(req, res, notice);
    req.flash(notice.kind, notice.text, notice.action);
    res.redirect(303, nextAddress(req));
  }

  /** A message that a change left stands in the fragment: messages of the page wait for the next whole one. */
  async function calendarPage(req: Request, res: Response, notice?: Flash): Promise<void> {
    const here = notice ? new URL(nextAddress(req), 'http://own.invalid') : undefined;
    const asked = calendarQuery(here ? Object.fromEntries(here.searchParams) : req.query);
    const locals = await calendarLocals(req, context, asked);
    const view = asked.day ? 'planning/day' : 'planning/calendar';
    const fragment = asked.day ? 'planning/_day' : 'planning/_calendar';
    const status = notice?.kind === 'error' ? 422 : 200;
    res.view(view, { ...locals, notice, here: calendarAddress(asked), calendarAddress }, { fragment, status });
  }

  return router;
}

/** The calendar that a form came from, or another page of ours; the calendar when it says neither. */
function nextAddress(req: Request): string {
  const { next = req.query.next } = (req.body ?? {}) as Record<string, unknown>;
  return ownPath(next, CALENDAR);
}

function spokenTime(req: Request, at: string, timeZone: string | null | undefined): string {
  const format = { dateStyle: 'full', timeStyle: 'short', timeZone: timeZone ?? 'UTC' } as const;
  return new Intl.DateTimeFormat(languageTag(req.locale), format).format(new Date(at));
}

interface FormState {
  values: Record<string, string>;
  errors: Record<string, string>;
}

function planPage(
  req: Request,
  res: Response,
  draft: PostDraft,
  campaign: PatreonCampaign,
  { values, errors }: FormState,
  status = 200,
): void {
  const title = draft.title || req.t('drafts:untitled');
  const breadcrumbs = postsCrumbs(req, req.t('planning:move.title'), {
    label: title,
    href: `/patreon/posts/${draft.id}/`,
  });
  const timeZone = campaign.time_zone ?? 'UTC';
  const shown = { title: req.t('planning:move.heading', { title }), section: 'posts', breadcrumbs, timeZone };
  const next = nextAddress(req);
  res.view(
    'planning/plan',
    { ...shown, draft, isPlannable: isPlannable(draft.state), values, errors, next },
    { status },
  );
}
