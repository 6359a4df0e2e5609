import type { Knex } from 'knex';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { type ChangedResource, PatreonChange } from '../campaigns/change.model';
import { PatreonTier } from '../campaigns/tier.model';
import { listOf } from '../members/change-sentences';
import { PatreonMember } from '../members/member.model';
import { PatreonPost } from '../posts/post.model';

/** Enough rows for the largest entry of all, and many for a page of usual ones. */
const ROWS_READ = 240;

/** They move by themselves with every sync and tell nobody anything. */
const SELF_MOVING = new Set([
  'patron_count',
  'post_count',
  'remaining',
  'user_like_count',
  'user_image_url',
  'user_thumb_url',
  'image_url',
  'image_small_url',
  'creator_image_url',
]);

/** What one read changed in one record. */
export interface RecentChange {
  /** ISO time. */
  at: string;
  resource: ChangedResource;
  recordId: number;
  campaignId: number;
  /** Null for people without a name, and for untitled records. */
  name: string | null;
  /** In the order of the columns. */
  rows: PatreonChange[];
}

export interface RecentChanges {
  /** Newest first. */
  changes: RecentChange[];
  /** The id to go on after; undefined at the end. */
  last: number | undefined;
  campaigns: ReadonlyMap<number, PatreonCampaign>;
  /** Title by campaign and Patreon's id of the tier. */
  tierTitle(campaignId: number, patreonId: string): string | null;
}

export interface RecentChangesRequest {
  limit: number;
  /** The id of the last change already shown. */
  before?: number | undefined;
  /** Only what made a member leave: the end of a membership, or that Patreon lists a member no longer. */
  isDeparture?: boolean;
  /** The first day (UTC) that is asked for. */
  since?: string | undefined;
}

/** As the index of departures has it. */
const DEPARTURE_SQL = `resource = 'member' and (kind = 'gone' or (field = 'kind' and after = '"former"'))`;

/** Who had left before and then vanished has left once. */
const FIRST_DEPARTURE_SQL = `(patreon_changes.kind <> 'gone' or exists (
  select from patreon_members m where m.id = record_id and m.kind <> 'former'))`;

/** What was changed last, over all records; that a record was read for the first time is told by lists of its own. */
export async function listRecentChanges(
  { limit, before, isDeparture = false, since }: RecentChangesRequest,
  knex: Knex,
): Promise<RecentChanges> {
  const query = PatreonChange.query(knex).whereNot('kind', 'created').orderBy('id', 'desc').limit(ROWS_READ);
  if (isDeparture) query.whereRaw(DEPARTURE_SQL).whereRaw(FIRST_DEPARTURE_SQL);
  if (before !== undefined) query.where('id', '<', before);
  if (since !== undefined) query.where('changed_at', '>=', `${since}T00:00:00Z`);
  const rows = await query;
  const groups = byRecord(rows);
  // The last one may go on beyond what was read.
  if (rows.length === ROWS_READ && groups.length > 1) groups.pop();
  const shown = groups.slice(0, limit);
  const isAll = rows.length < ROWS_READ && shown.length === groups.length;
  const told = shown.map((group) => group.filter(({ field }) => field === null || !SELF_MOVING.has(field)));
  const records = told.filter((group) => group.length > 0);
  const [names, campaigns, titles] = await Promise.all([
    recordNames(records.flat(), knex),
    campaignsOf(records.flat(), knex),
    tierTitles(records.flat(), knex),
  ]);
  return {
    changes: records.flatMap((group) => toChange(group, names)),
    last: isAll ? undefined : shown.at(-1)?.at(-1)?.id,
    campaigns,
    tierTitle: (campaignId, patreonId) => titles.get(`${campaignId}/${patreonId}`) ?? null,
  };
}

/** Rows that one statement wrote of one record. */
function byRecord(rows: readonly PatreonChange[]): PatreonChange[][] {
  const groups: PatreonChange[][] = [];
  for (const row of rows) {
    const [last] = groups.at(-1) ?? [];
    const isSame = last && last.changed_at === row.changed_at && keyOf(last) === keyOf(row);
    if (isSame) groups.at(-1)?.push(row);
    else groups.push([row]);
  }
  return groups;
}

const keyOf = ({ resource, record_id }: Pick<PatreonChange, 'resource' | 'record_id'>) => `${resource}/${record_id}`;

function toChange(group: PatreonChange[], names: ReadonlyMap<string, string | null>): RecentChange[] {
  const [first] = group;
  if (!first) return [];
  const { changed_at: at, resource, record_id: recordId, campaign_id: campaignId } = first;
  const name = names.get(keyOf(first)) ?? null;
  return [{ at, resource, recordId, campaignId, name, rows: [...group].reverse() }];
}

async function recordNames(rows: readonly PatreonChange[], knex: Knex): Promise<Map<string, string | null>> {
  const idsOf = (resource: ChangedResource) => [
    ...new Set(rows.filter((row) => row.resource === resource).map((row) => row.record_id)),
  ];
  const [members, tiers, posts, campaigns] = await Promise.all([
    PatreonMember.query(knex).select('id', 'full_name as name').findByIds(idsOf('member')),
    PatreonTier.query(knex).select('id', 'title as name').findByIds(idsOf('tier')),
    PatreonPost.query(knex).select('id', 'title as name').findByIds(idsOf('post')),
    PatreonCampaign.listByIds(idsOf('campaign'), knex),
  ]);
  const named = (resource: ChangedResource, found: readonly unknown[]) =>
    (found as { id: number; name: string | null }[]).map(({ id, name }): [string, string | null] => [
      `${resource}/${id}`,
      name?.trim() || null,
    ]);
  return new Map([
    ...named('member', members),
    ...named('tier', tiers),
    ...named('post', posts),
    ...campaigns.map((campaign): [string, string] => [`campaign/${campaign.id}`, campaignName(campaign)]),
  ]);
}

async function campaignsOf(rows: readonly PatreonChange[], knex: Knex): Promise<Map<number, PatreonCampaign>> {
  const ids = [...new Set(rows.map(({ campaign_id }) => campaign_id))];
  const campaigns = await PatreonCampaign.listByIds(ids, knex);
  return new Map(campaigns.map((campaign) => [campaign.id, campaign]));
}

async function tierTitles(rows: readonly PatreonChange[], knex: Knex): Promise<Map<string, string | null>> {
  const named = rows.filter(({ field }) => field === 'currently_entitled_tiers');
  const patreonIds = [...new Set(named.flatMap(({ before, after }) => [...listOf(before), ...listOf(after)]))];
  if (patreonIds.length === 0) return new Map();
  const campaignIds = [...new Set(named.map(({ campaign_id }) => campaign_id))];
  const tiers = await PatreonTier.listByPatreonIds(campaignIds, patreonIds, knex);
  return new Map(tiers.map((tier) => [`${tier.campaign_id}/${tier.patreon_id}`, tier.title]));
}
