import type { Knex } from 'knex';
import { type QueryBuilder, raw } from 'objection';
import { BaseModel } from '../../db/base-model';
import { cappedCount, type KeysetPage, type KeysetPosition, type KeysetSort, keysetPage } from '../../db/keyset';
import { containing } from '../../db/like';
import type { PostSearch } from './post-search';
import { RANKED, rankOf, whoSay } from './post-search.model';

export const AUDIENCES = ['public', 'members', 'tiers'] as const;
export type Audience = (typeof AUDIENCES)[number];

export interface PostFilter {
  campaignId?: number | undefined;
  /** A tier that the post names, with the campaign it belongs to. */
  tier?: { campaign_id: number; patreon_id: string } | undefined;
  audience?: Audience | undefined;
  isPaid?: boolean | undefined;
  /** The first day and the last, as `2026-11-22`, by the clocks of a time zone. */
  published?: { from?: string | undefined; to?: string | undefined; timeZone: string } | undefined;
  /** Words of title and content. */
  search?: PostSearch | undefined;
  /** Part of the title. */
  q?: string | undefined;
  gone: boolean;
}

/** Everything but the post's body, which may be long. */
const LISTED = [
  'id',
  'campaign_id',
  'patreon_id',
  'title',
  'published_at',
  'is_paid',
  'is_public',
  'tiers',
  'url',
  'changed_at',
  'gone_at',
] as const;

/** The same rule as `postAudience`, for a query. */
const AUDIENCE_SQL: Record<Audience, string> = {
  public: 'is_public is true',
  tiers: 'is_public is not true and cardinality(tiers) > 0',
  members: 'is_public is false and coalesce(cardinality(tiers), 0) = 0',
};

/** A published post; Patreon never tells about drafts. */
export class PatreonPost extends BaseModel {
  static override tableName = 'patreon_posts';

  /** What the list can be sorted by. */
  static readonly sorts = {
    published: { value: 'published_at', type: 'timestamptz' },
    title: { value: `nullif(title, '') collate "und-x-icu"`, type: 'text' },
  } as const satisfies Record<string, KeysetSort>;

  id!: number;
  campaign_id!: number;
  patreon_id!: string;
  app_id!: number | null;
  app_status!: string | null;
  /** Patreon's HTML as it came: sanitise it before it is shown. */
  content!: string | null;
  embed_data!: Record<string, unknown> | null;
  embed_url!: string | null;
  /** Bills the patrons of a per-creation campaign; does not mean "locked". */
  is_paid!: boolean | null;
  is_public!: boolean | null;
  published_at!: string | null;
  /** Patreon's tier ids; null and empty are different answers. */
  tiers!: string[] | null;
  title!: string | null;
  /** May be relative to Patreon's site. */
  url!: string | null;
  user_patreon_id!: string | null;
  read_seq!: number;
  first_seen_at!: string;
  changed_at!: string;
  gone_at!: string | null;

  static async findById(id: number, db: Knex): Promise<PatreonPost | undefined> {
    return PatreonPost.query(db).findById(id);
  }

  /** Without the bodies. */
  static async listPage(
    filter: PostFilter,
    sort: KeysetSort,
    position: KeysetPosition,
    db: Knex,
  ): Promise<KeysetPage<PatreonPost>> {
    return keysetPage(PatreonPost.matching(filter, db).select(...LISTED), sort, position);
  }

  /** The matches in the order of how well they fit what is searched for; without a search all fit alike. Without the bodies. */
  static async listRelevant(
    filter: PostFilter,
    sort: KeysetSort,
    position: KeysetPosition,
    db: Knex,
  ): Promise<KeysetPage<PatreonPost>> {
    const { tsquery, bindings } = filter.search ?? { tsquery: `''::tsquery`, bindings: [] };
    const rank = `(select ${rankOf('s.document', tsquery)} from patreon_post_search s where s.id = patreon_posts.id) as relevance`;
    const latest = PatreonPost.matching(filter, db)
      .select(...LISTED, raw(rank, bindings))
      .orderByRaw('published_at desc, id desc')
      .limit(RANKED);
    return keysetPage(PatreonPost.query(db).from(latest.as('patreon_posts')), sort, position);
  }

  /** Without the bodies, in the order of the ids. */
  static async listByIds(ids: readonly number[], db: Knex): Promise<PatreonPost[]> {
    const posts = await PatreonPost.query(db)
      .select(...LISTED)
      .findByIds([...ids]);
    const byId = new Map(posts.map((post) => [post.id, post]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  static async countMatching(filter: PostFilter, db: Knex): Promise<{ count: number; capped: boolean }> {
    return cappedCount(PatreonPost.matching(filter, db));
  }

  /** The latest live posts of one campaign, without their bodies. */
  static async listRecent(campaignId: number, limit: number, db: Knex): Promise<PatreonPost[]> {
    const posts = PatreonPost.matching({ campaignId, gone: false }, db).select(...LISTED);
    const page = await keysetPage(posts, { ...PatreonPost.sorts.published, descending: true }, {}, limit);
    return page.rows;
  }

  /** The latest live posts of all campaigns, without their bodies. */
  static async listLatest(limit: number, db: Knex): Promise<PatreonPost[]> {
    const posts = PatreonPost.matching({ gone: false }, db).select(...LISTED);
    return (await keysetPage(posts, { ...PatreonPost.sorts.published, descending: true }, {}, limit)).rows;
  }

  /** Live posts of each campaign; a campaign without any is not in the map. */
  static async countByCampaign(campaignIds: readonly number[], db: Knex): Promise<Map<number, number>> {
    const rows = await db('patreon_posts')
      .select('campaign_id')
      .count<{ campaign_id: number; count: number }[]>('* as count')
      .whereIn('campaign_id', [...campaignIds])
      .whereNull('gone_at')
      .groupBy('campaign_id');
    return new Map(rows.map((row) => [row.campaign_id, row.count]));
  }

  static matching(filter: PostFilter, db: Knex): QueryBuilder<PatreonPost, PatreonPost[]> {
    const query = PatreonPost.query(db);
    if (filter.gone) query.whereNotNull('gone_at');
    else query.whereNull('gone_at');
    if (filter.campaignId !== undefined) query.where('campaign_id', filter.campaignId);
    if (filter.tier) {
      query
        .where('campaign_id', filter.tier.campaign_id)
        .whereRaw('tiers @> array[?]::text[]', [filter.tier.patreon_id]);
    }
    if (filter.audience) query.whereRaw(AUDIENCE_SQL[filter.audience]);
    if (filter.isPaid !== undefined) query.whereRaw(`is_paid is ${filter.isPaid}`);
    if (filter.published) wherePublished(query, filter.published);
    if (filter.search) whereSaid(query, filter.search, filter);
    if (filter.q) query.where('title', 'ilike', containing(filter.q));
    return query;
  }
}

/** Of posts that few words find, the index tells which; else each one that comes along is asked. */
function whereSaid(
  query: QueryBuilder<PatreonPost, PatreonPost[]>,
  search: PostSearch,
  { campaignId, gone }: PostFilter,
): void {
  if (!search.found.capped) {
    const { sql, bindings } = whoSay(search, campaignId, gone);
    query.whereRaw(`id in (select id from ${sql})`, bindings);
    return;
  }
  query.whereRaw(
    `exists (select from patreon_post_search s where s.id = patreon_posts.id and s.document @@ ${search.tsquery})`,
    search.bindings,
  );
}

/** A day begins when the clocks of its time zone show midnight. */
function wherePublished(
  query: QueryBuilder<PatreonPost, PatreonPost[]>,
  { from, to, timeZone }: NonNullable<PostFilter['published']>,
): void {
  if (from) query.whereRaw('published_at >= ?::date::timestamp at time zone ?', [from, timeZone]);
  if (to) query.whereRaw('published_at < (?::date + 1)::timestamp at time zone ?', [to, timeZone]);
}

/**
 * Who may read a post: `is_public` decides before `tiers` does, because Patreon sends no tiers for posts to all patrons
 * as well as for public ones. Unknown when it told neither.
 */
export function postAudience(post: Pick<PatreonPost, 'is_public' | 'tiers'>): Audience | 'unknown' {
  if (post.is_public) return 'public';
  if (post.tiers && post.tiers.length > 0) return 'tiers';
  return post.is_public === false ? 'members' : 'unknown';
}
