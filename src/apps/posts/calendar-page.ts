import type { Request } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { createFormat } from '../../http/format';
import { rowId } from '../../http/parse';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { type CalendarEntry, listCalendarEntries, listUnplanned } from './calendar-entries';
import { calendarDay, calendarMonth, dayNames, firstWeekday, isMonth } from './calendar-month';
import { isPlannable } from './draft-plan.service';
import { toLocalTime } from './planned-time';

export const CALENDAR = '/patreon/posts/calendar/';

/** So many of a day stand in the month; the others on the page of the day, so many of which are read. */
const SHOWN_PER_DAY = 4;
const READ_PER_DAY = 30;
const LISTED_PER_DAY = 200;
const UNPLANNED = 25;
const PLANS = 100;

/** What a calendar is asked for; what makes no sense is left out of an address and asks for the present month. */
export interface CalendarQuery {
  month: string | undefined;
  day: string | undefined;
  campaign: number | undefined;
}

/** @throws NotFoundError for a campaign that can be none */
export function calendarQuery(query: Record<string, unknown>): CalendarQuery {
  const { month, day, campaign } = query;
  return {
    month: typeof month === 'string' && isMonth(month) ? month : undefined,
    day: typeof day === 'string' ? calendarDay(day) : undefined,
    campaign: campaign === undefined || campaign === '' ? undefined : rowId(campaign),
  };
}

/** Everything that `planning/calendar` shows. @throws NotFoundError for a campaign that is not there */
export async function calendarLocals(req: Request, context: Context, query: CalendarQuery) {
  const { knex, clock } = context;
  const chosen = query.campaign === undefined ? undefined : await PatreonCampaign.findById(query.campaign, knex);
  if (query.campaign !== undefined && !chosen) throw new NotFoundError();
  const choices = await PatreonCampaign.listChoices(knex);
  const timeZone = chosen ? (chosen.time_zone ?? 'UTC') : await sharedTimeZone(context);
  const today = toLocalTime(clock.now().toISOString(), timeZone).slice(0, 10);
  const timesNote = timeZone === undefined ? req.t('planning:zones') : undefined;
  const locals = { section: 'posts', scripts: ['calendar'], chosen, choices, campaignName, timeZone, timesNote, today };
  const page = query.day
    ? await dayLocals(req, context, { ...query, day: query.day })
    : await monthLocals(req, context, { ...query, month: query.month ?? today.slice(0, 7) }, today);
  return { ...locals, ...page, query };
}

async function monthLocals(req: Request, context: Context, asked: CalendarQuery & { month: string }, today: string) {
  const names = dayNames(req.locale);
  const month = calendarMonth(asked.month, firstWeekday(req.locale));
  const days = month.weeks.flat();
  const range = { first: days[0] as string, last: days.at(-1) as string };
  const [found, unplanned] = await Promise.all([
    listCalendarEntries(
      { ...range, campaignId: asked.campaign, perDay: READ_PER_DAY, now: context.clock.now() },
      context.knex,
    ),
    listUnplanned(asked.campaign, UNPLANNED + 1, context.knex),
  ]);
  const campaigns = await campaignsOf([...found, ...unplanned], context);
  const entries = found.map((entry) => shownEntry(req, entry, campaigns));
  const cells = month.weeks.map((week) =>
    week.map((day) => {
      const ofDay = entries.filter((entry) => entry.day === day);
      const shown = ofDay.slice(0, SHOWN_PER_DAY).sort((a, b) => a.at.localeCompare(b.at));
      const more = (ofDay[0]?.total ?? 0) - shown.length;
      const isInMonth = day.startsWith(month.month);
      return {
        day,
        number: names.dayInMonth(day),
        label: names.day(day),
        isInMonth,
        isToday: day === today,
        shown,
        more,
      };
    }),
  );
  const plans = entries.filter(({ type, day }) => type === 'draft' && day.startsWith(month.month));
  return {
    title: req.t('planning:title'),
    breadcrumbs: postsCrumbs(req, req.t('planning:title')),
    month: { ...month, name: names.month(`${month.month}-01`) },
    weekdays: (month.weeks[0] as string[]).map((day) => ({ long: names.weekday(day), short: names.weekdayShort(day) })),
    cells,
    unplanned: unplanned.slice(0, UNPLANNED).map((draft) => ({ ...draft, campaign: campaigns.get(draft.campaign_id) })),
    hasMoreUnplanned: unplanned.length > UNPLANNED,
    plans: plans.sort((a, b) => a.at.localeCompare(b.at)).slice(0, PLANS),
    hasMorePlans: plans.length > PLANS,
  };
}

async function dayLocals(req: Request, context: Context, asked: CalendarQuery & { day: string }) {
  const names = dayNames(req.locale);
  const range = { first: asked.day, last: asked.day, campaignId: asked.campaign, perDay: LISTED_PER_DAY };
  const found = await listCalendarEntries({ ...range, now: context.clock.now() }, context.knex);
  const campaigns = await campaignsOf(found, context);
  const crumb = {
    label: req.t('planning:title'),
    href: calendarAddress({ ...asked, day: undefined, month: asked.day.slice(0, 7) }),
  };
  const title = `${names.day(asked.day)} ${asked.day.slice(0, 4)}`;
  return {
    title,
    breadcrumbs: postsCrumbs(req, title, crumb),
    entries: found.map((entry) => shownEntry(req, entry, campaigns)).sort((a, b) => a.at.localeCompare(b.at)),
    total: found[0]?.total ?? 0,
  };
}

export type ShownEntry = ReturnType<typeof shownEntry>;

function shownEntry(req: Request, entry: CalendarEntry, campaigns: ReadonlyMap<number, PatreonCampaign>) {
  const campaign = campaigns.get(entry.campaign_id);
  const format = createFormat(req.locale, campaign?.time_zone);
  return {
    ...entry,
    campaign,
    when: format.dateTime(entry.at),
    hour: format.time(entry.at),
    isMovable: entry.type === 'draft' && isPlannable(entry.state) && req.can('posts.write'),
  };
}

async function campaignsOf(rows: { campaign_id: number }[], { knex }: Context): Promise<Map<number, PatreonCampaign>> {
  const campaigns = await PatreonCampaign.listByIds(
    rows.map(({ campaign_id }) => campaign_id),
    knex,
  );
  return new Map(campaigns.map((campaign) => [campaign.id, campaign]));
}

/** The time zone of all campaigns, or undefined when they have several. */
async function sharedTimeZone({ knex }: Context): Promise<string | undefined> {
  const { rows } = await knex.raw<{ rows: { zone: string }[] }>(
    `select distinct coalesce(s.time_zone, 'UTC') as zone
       from patreon_campaigns c left join campaign_settings s on s.campaign_id = c.id
      where c.gone_at is null limit 2`,
  );
  const zones = rows.map(({ zone }) => zone);
  return zones.length > 1 ? undefined : (zones[0] ?? 'UTC');
}

export function calendarAddress({ month, day, campaign }: CalendarQuery): string {
  const parameters = new URLSearchParams();
  if (day) parameters.set('day', day);
  else if (month) parameters.set('month', month);
  if (campaign !== undefined) parameters.set('campaign', String(campaign));
  return parameters.size === 0 ? CALENDAR : `${CALENDAR}?${parameters}`;
}

export function postsCrumbs(req: Request, label: string, ...between: { label: string; href: string }[]) {
  return [{ label: req.t('shared:nav.posts'), href: '/patreon/posts/' }, ...between, { label }];
}
