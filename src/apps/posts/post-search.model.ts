import type { Knex } from 'knex';
import { type QueryBuilder, raw } from 'objection';
import { BaseModel } from '../../db/base-model';
import { type KeysetPage, type KeysetPosition, type KeysetSort, keysetPage } from '../../db/keyset';
import type { PostSearch, PostWords } from './post-search';

/** Characters of nobody's text around what was found: escape the text first, and then make marks of them. */
export const FOUND = { begin: '\ue000', end: '\ue001' } as const;

/** So much of a post is looked through for the place to show. */
const EXCERPTED = 4_000;
const EXCERPT = `StartSel=${FOUND.begin}, StopSel=${FOUND.end}, MaxFragments=1, MinWords=12, MaxWords=24`;

/** What is asked of the posts that are searched for. */
export interface FoundPosts {
  campaignId?: number | undefined;
  gone: boolean;
  search: PostSearch;
}

/** Matches are counted no further. */
const COUNTED = 10_000;

/** Of more matches than this the latest ones are put in the order of relevance. */
export const RANKED = 500;
export const RELEVANCE = { value: 'relevance', type: 'bigint' } as const satisfies KeysetSort;

/** How well a document fits, as a whole number: keyset pages compare it with what they were told. */
export const rankOf = (document: string, tsquery: string): string =>
  `(1000000 * ts_rank(${document}, ${tsquery}))::bigint as relevance`;

/** The call that tells which posts say something; for a search that few fit. */
export function whoSay(
  { tsquery, bindings }: PostWords,
  campaignId: number | undefined,
  gone: boolean,
): { sql: string; bindings: (string | number | boolean | null)[] } {
  return { sql: `patreon_posts_saying(${tsquery}, ?::integer, ?)`, bindings: [...bindings, campaignId ?? null, gone] };
}

/** What a post says, beside the mirrored row; written by the database with the statement that writes the row. */
export class PatreonPostSearch extends BaseModel {
  static override tableName = 'patreon_post_search';

  /** The post's. */
  id!: number;
  campaign_id!: number;
  published_at!: string | null;
  is_gone!: boolean;
  /** Name of a text search configuration without its `post_`. */
  language!: string;
  /** The content without markup. */
  body!: string;

  /** The languages that one campaign's posts are searched in, or those of all campaigns. */
  static async languages(campaignId: number | undefined, db: Knex): Promise<string[]> {
    const query = db('patreon_campaigns')
      .leftJoin('campaign_settings', 'campaign_settings.campaign_id', 'patreon_campaigns.id')
      .distinct(db.raw(`coalesce(search_language, 'simple') as language`))
      .orderBy('language');
    if (campaignId !== undefined) query.where('patreon_campaigns.id', campaignId);
    const rows: { language: string }[] = await query;
    return rows.length > 0 ? rows.map(({ language }) => language) : ['simple'];
  }

  /**
   * A page of the posts that say something, without anything else asked of them: the search's own rows alone are read.
   * Of the order by relevance the latest ones.
   */
  static async listPage(
    asked: FoundPosts,
    sort: KeysetSort,
    position: KeysetPosition,
    db: Knex,
  ): Promise<KeysetPage<PatreonPostSearch>> {
    const matching = PatreonPostSearch.matching(asked, db).select('id', 'published_at');
    if (sort.value !== RELEVANCE.value) return keysetPage(matching, sort, position);
    const { tsquery, bindings } = asked.search;
    matching
      .select(raw(rankOf('document', tsquery), bindings))
      .orderByRaw('published_at desc, id desc')
      .limit(RANKED);
    return keysetPage(PatreonPostSearch.query(db).from(matching.as('patreon_post_search')), sort, position);
  }

  static async count(
    { tsquery, bindings }: PostWords,
    { campaignId, gone }: { campaignId: number | undefined; gone: boolean },
    db: Knex,
  ): Promise<PostSearch['found']> {
    const { rows } = await db.raw<{ rows: [{ found: number }] }>(
      `select patreon_posts_found(${tsquery}, ?::integer, ?, ?) as found`,
      [...bindings, campaignId ?? null, gone, COUNTED + 1],
    );
    const found = Number(rows[0].found);
    return { count: Math.min(found, COUNTED), capped: found > COUNTED };
  }

  /** Where few posts say it, the index tells which; of many, the first ones are soon met by walking along the order. */
  private static matching(
    { campaignId, gone, search }: FoundPosts,
    db: Knex,
  ): QueryBuilder<PatreonPostSearch, PatreonPostSearch[]> {
    const query = PatreonPostSearch.query(db);
    if (!search.found.capped) {
      const { sql, bindings } = whoSay(search, campaignId, gone);
      return query.from(raw(`${sql} as patreon_post_search`, bindings));
    }
    query.whereRaw(`document @@ ${search.tsquery}`, search.bindings).whereRaw(gone ? 'is_gone' : 'not is_gone');
    if (campaignId !== undefined) query.where({ campaign_id: campaignId });
    return query;
  }

  /** Where these posts say what was searched for, by post: text with the marks of `FOUND`. Those that say it in the title alone have none. */
  static async excerpts(
    postIds: readonly number[],
    { tsquery, bindings }: PostWords,
    db: Knex,
  ): Promise<Map<number, string>> {
    const { rows } = await db.raw<{ rows: { id: number; excerpt: string }[] }>(
      `select id, ts_headline(('post_' || language)::regconfig, translate(left(body, ${EXCERPTED}), '${FOUND.begin}${FOUND.end}', ''),
                                   ${tsquery}, '${EXCERPT}') as excerpt
         from patreon_post_search where id = any(?::bigint[])`,
      [...bindings, [...postIds]],
    );
    const found = rows.filter(({ excerpt }) => excerpt.includes(FOUND.begin));
    return new Map(found.map(({ id, excerpt }) => [id, excerpt]));
  }

  /** Brings the next posts of a campaign into its language; answers the last one looked at, null at the end. */
  static async reindexChunk(
    of: { campaignId: number; after: number; limit: number },
    db: Knex,
  ): Promise<{ last: number | null; written: number }> {
    const { rows } = await db.raw(
      `with chunk as (
         select s.id, s.language <> c.language as is_stale, c.language
           from patreon_post_search s,
                (select coalesce((select search_language from campaign_settings where campaign_id = :campaignId), 'simple')) c (language)
          where s.campaign_id = :campaignId and s.id > :after order by s.id limit :limit
       ), written as (
         update patreon_post_search s
            set language = chunk.language, document = patreon_post_document(chunk.language, p.title, s.body)
           from chunk join patreon_posts p on p.id = chunk.id
          where s.id = chunk.id and chunk.is_stale returning 1
       )
       select max(id) as last, (select count(*) from written)::int as written from chunk`,
      of,
    );
    return rows[0] as { last: number | null; written: number };
  }
}
