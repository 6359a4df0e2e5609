import type { Knex } from 'knex';
import { NOT_SEEN_SQL, TO_HAND_OFF_SQL } from './draft-lateness';
import type { DraftState } from './draft-states';

/** A draft on the day for which it is planned, or a published post on the day of its publication. */
export interface CalendarEntry {
  type: 'draft' | 'post';
  id: number;
  campaign_id: number;
  title: string;
  state: DraftState;
  at: string;
  /** By the clocks of its campaign: `2026-11-22`. */
  day: string;
  /** `18:30`, as fields of forms want it. */
  time: string;
  /** Not handed off in time, or handed off and not seen on Patreon a day later. */
  isOverdue: boolean;
  /** How many stand on its day, those that are not among the rows included. */
  total: number;
}

export interface CalendarRange {
  /** First and last day, `YYYY-MM-DD`. */
  first: string;
  last: string;
  campaignId?: number | undefined;
  /** Further ones of a day are only counted. */
  perDay: number;
  now: Date;
}

/** Clocks are at most fourteen hours apart from UTC: moments a day further out are looked at, and their days decide. */
const WIDER = `>= (:first::date - 1)::timestamp at time zone 'UTC'`;
const NARROWER = `< (:last::date + 2)::timestamp at time zone 'UTC'`;

/**
 * Entries by day and time. A draft that was found on Patreon is not told twice: its post is, with the state of the draft.
 * Every clock is that of the entry's own campaign.
 */
export async function listCalendarEntries(
  { first, last, campaignId, perDay, now }: CalendarRange,
  db: Knex,
): Promise<CalendarEntry[]> {
  const ofCampaign = (table: string) => (campaignId === undefined ? '' : `and ${table}.campaign_id = :campaignId`);
  const { rows } = await db.raw<{ rows: CalendarEntry[] }>(
    `with entries as (
       select 'draft' as type, d.id, d.campaign_id, d.title, d.state, d.planned_for as at,
              ${TO_HAND_OFF_SQL} or ${NOT_SEEN_SQL} as late
         from post_drafts d
        where d.deleted_at is null and d.planned_for ${WIDER} and d.planned_for ${NARROWER} ${ofCampaign('d')}
          and not exists (select from patreon_posts p where p.id = d.post_id and p.gone_at is null and p.published_at is not null
                             and d.state in ('published', 'drifted'))
       union all
       select 'post', p.id, p.campaign_id, coalesce(p.title, ''), coalesce(d.state, 'published'), p.published_at, false
         from patreon_posts p
         left join post_drafts d on d.post_id = p.id and d.deleted_at is null and d.state in ('published', 'drifted')
        where p.gone_at is null and p.published_at ${WIDER} and p.published_at ${NARROWER} ${ofCampaign('p')}
     ), dated as (
       select e.*, e.at at time zone coalesce(s.time_zone, 'UTC') as clock
         from entries e
         join patreon_campaigns c on c.id = e.campaign_id and c.gone_at is null
         left join campaign_settings s on s.campaign_id = e.campaign_id
     ), placed as (
       select type, id, campaign_id, title, state, at, late, to_char(clock, 'YYYY-MM-DD') as day, to_char(clock, 'HH24:MI') as time,
              row_number() over (partition by clock::date order by at, type, id) as place,
              count(*) over (partition by clock::date)::int as total
         from dated where clock >= :first::date and clock < :last::date + 1
     )
     select type, id, campaign_id, title, state, at, day, time, coalesce(late, false) as "isOverdue", total
       from placed where place <= :perDay order by day, place`,
    { first, last, perDay, now: now.toISOString(), ...(campaignId !== undefined && { campaignId }) },
  );
  return rows;
}

/** Drafts that somebody may still plan and nobody has, latest first. */
export async function listUnplanned(
  campaignId: number | undefined,
  limit: number,
  db: Knex,
): Promise<Pick<CalendarEntry, 'id' | 'campaign_id' | 'title' | 'state'>[]> {
  const drafts = db('post_drafts')
    .select('id', 'campaign_id', 'title', 'state')
    .whereNull('deleted_at')
    .whereNull('planned_for')
    .whereRaw(`state in ('idea', 'draft', 'in_review', 'ready')`)
    .whereIn('campaign_id', db('patreon_campaigns').select('id').whereNull('gone_at'))
    .orderBy([
      { column: 'saved_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit);
  if (campaignId !== undefined) drafts.where('campaign_id', campaignId);
  return drafts;
}
