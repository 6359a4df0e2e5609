import type { Knex } from 'knex';
import { raw } from 'objection';
import { containing } from '../../db/like';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { IgnoredCampaign } from '../campaigns/ignored-campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { PatreonMember } from '../members/member.model';
import { PatreonPost } from '../posts/post.model';

const SHOWN = 5;
/** So many matches are put in order; of more than these any will do, for a longer text tells them apart. */
const COLLECTED = 1_000;

/** What a text finds of one sort of records. */
export interface Found<T> {
  rows: T[];
  /** Whether there are more than are shown. */
  hasMore: boolean;
}

export interface SearchResult {
  members: Found<PatreonMember>;
  campaigns: Found<{ id: number; name: string }>;
  tiers: Found<PatreonTier>;
  posts: Found<PatreonPost>;
}

/**
 * Live records that a text names: members by name, by e-mail (for those who may see e-mails) or by an id on Patreon or
 * Discord, everything else by title or Patreon's id. A few of each.
 */
export async function searchEverything(
  { q, seesEmail }: { q: string; seesEmail: boolean },
  knex: Knex,
): Promise<SearchResult> {
  const [members, campaigns, tiers, posts] = await Promise.all([
    findMembers(q, seesEmail, knex),
    findCampaigns(q, knex),
    findTiers(q, knex),
    findPosts(q, knex),
  ]);
  return { members, campaigns, tiers, posts };
}

/** Who is named by an id first, then the members that their own list finds, by name. */
async function findMembers(q: string, searchesEmail: boolean, knex: Knex): Promise<Found<PatreonMember>> {
  const removedCampaigns = await IgnoredCampaign.listBeingRemoved(knex);
  const [identified, named] = await Promise.all([
    PatreonMember.listIdentified(q, knex),
    namedMembers(PatreonMember.matching({ q, searchesEmail, gone: false, removedCampaigns }, knex), q, knex),
  ]);
  const ids = [...new Set([...identified, ...named.map(({ id }) => id)])];
  const rows = await PatreonMember.listByIds(ids, knex);
  return cut(rows.filter((row) => row.gone_at === null && !removedCampaigns.includes(row.campaign_id)));
}

/** The beginning of a name is found in the order of names; what may stand anywhere is collected and then put in order. */
function namedMembers(matching: ReturnType<typeof PatreonMember.matching>, q: string, knex: Knex) {
  const { value: name } = PatreonMember.sorts.name;
  if (PatreonMember.isNameStart(q)) {
    const ids = matching.select('id').orderByRaw(`${name}, id`);
    return ids.limit(SHOWN + 1);
  }
  const matches = matching.select('id', raw(`${name} as name`)).limit(COLLECTED);
  const collected = PatreonMember.query(knex).withMaterialized('matches', matches).from('matches').select('id');
  return collected.orderByRaw('name, id').limit(SHOWN + 1);
}

async function findCampaigns(q: string, knex: Knex): Promise<SearchResult['campaigns']> {
  const rows = await PatreonCampaign.listNamed(q, SHOWN + 1, knex);
  return cut(rows.map((campaign) => ({ id: campaign.id, name: campaignName(campaign) })));
}

/** Tiers are few as well: some for each campaign. */
async function findTiers(q: string, knex: Knex): Promise<Found<PatreonTier>> {
  const rows = await PatreonTier.query(knex)
    .select('id', 'title', 'campaign_id', 'patreon_id')
    .whereNull('gone_at')
    .where((either) => either.where('title', 'ilike', containing(q)).orWhere('patreon_id', q))
    .orderBy(['amount_cents', 'id'])
    .limit(SHOWN + 1);
  return cut(rows);
}

/** By a part of the title; by its beginning where the text is too short for the index of parts. */
async function findPosts(q: string, knex: Knex): Promise<Found<PatreonPost>> {
  const { value: title } = PatreonPost.sorts.title;
  const shown = ['id', 'title', 'published_at'] as const;
  const matches = PatreonPost.query(knex)
    .select(...shown)
    .whereNull('gone_at')
    .limit(COLLECTED);
  if (PatreonMember.isNameStart(q)) matches.whereRaw(`${title} >= ? and ${title} < ?`, [q, `${q}\uffff`]);
  else matches.where('title', 'ilike', containing(q));
  const [identified, titled] = await Promise.all([
    // The index of ids begins with the campaign.
    PatreonPost.query(knex)
      .select(...shown)
      .whereNull('gone_at')
      .whereRaw('campaign_id = any(array(select id from patreon_campaigns)) and patreon_id = ?', [q]),
    PatreonPost.query(knex)
      .withMaterialized('matches', matches)
      .from('matches')
      .orderByRaw('published_at desc nulls last, id desc')
      .limit(SHOWN + 1),
  ]);
  const known = new Set(identified.map(({ id }) => id));
  return cut([...identified, ...titled.filter(({ id }) => !known.has(id))]);
}

const cut = <T>(rows: T[]): Found<T> => ({ rows: rows.slice(0, SHOWN), hasMore: rows.length > SHOWN });
