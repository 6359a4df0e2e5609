import type { Knex } from 'knex';
import { type QueryBuilder, raw } from 'objection';
import { BaseModel } from '../../db/base-model';
import { type KeysetPage, type KeysetPosition, type KeysetSort, keysetPage } from '../../db/keyset';

/** What a page is called by, best first: Patreon sends `name` only since March 2026, and any of them may be empty. */
const NAMES = ['name', 'vanity', 'creator_full_name', 'creation_name'] as const;
const NAME_SQL = `left(coalesce(${NAMES.map((column) => `nullif(trim(${column}), '')`).join(', ')}, patreon_id), 200) collate "und-x-icu"`;

/** A creator's page, as Patreon last told it. Columns carry the names of Patreon's attributes; `creator_…` are its user's. */
export class PatreonCampaign extends BaseModel {
  static override tableName = 'patreon_campaigns';

  /** What the list can be sorted by. Campaigns are few: this order needs no index. */
  static readonly sorts = { name: { value: NAME_SQL, type: 'text' } } as const satisfies Record<string, KeysetSort>;

  id!: number;
  /** Null once the credential that it came through is deleted. */
  credential_id!: number | null;
  patreon_id!: string;
  created_at!: string | null;
  creation_name!: string | null;
  /** ISO 4217 code of every amount of the campaign, its tiers and members. */
  currency!: string | null;
  discord_server_id!: string | null;
  google_analytics_id!: string | null;
  has_rss!: boolean | null;
  has_sent_rss_notify!: boolean | null;
  image_small_url!: string | null;
  image_url!: string | null;
  is_charged_immediately!: boolean | null;
  is_monthly!: boolean | null;
  is_nsfw!: boolean | null;
  main_video_embed!: string | null;
  main_video_url!: string | null;
  name!: string | null;
  one_liner!: string | null;
  /** Patreon's own figure; members who pay nothing are not in it. */
  patron_count!: number | null;
  pay_per_name!: string | null;
  /** Relative to Patreon's site. */
  pledge_url!: string | null;
  published_at!: string | null;
  rss_artwork_url!: string | null;
  rss_feed_title!: string | null;
  show_earnings!: boolean | null;
  /** Patreon's HTML as it came. */
  summary!: string | null;
  thanks_embed!: string | null;
  /** Patreon's HTML as it came. */
  thanks_msg!: string | null;
  thanks_video_url!: string | null;
  url!: string | null;
  vanity!: string | null;
  creator_patreon_id!: string | null;
  creator_full_name!: string | null;
  creator_image_url!: string | null;
  creator_url!: string | null;
  creator_vanity!: string | null;
  read_seq!: number;
  first_seen_at!: string;
  changed_at!: string;
  gone_at!: string | null;

  /** An id beyond the column's range is compared as a bigint, and so is merely unknown. */
  static async findById(id: number, db: Knex): Promise<PatreonCampaign | undefined> {
    return PatreonCampaign.query(db)
      .where('id', raw('?::bigint', [id]))
      .first();
  }

  static async listByIds(ids: readonly number[], db: Knex): Promise<PatreonCampaign[]> {
    return PatreonCampaign.query(db).findByIds([...new Set(ids)]);
  }

  static async listPage(
    filter: { gone: boolean },
    sort: KeysetSort,
    position: KeysetPosition,
    db: Knex,
  ): Promise<KeysetPage<PatreonCampaign>> {
    return keysetPage(PatreonCampaign.matching(filter, db), sort, position);
  }

  /** For a choice of campaign: the live ones by name, at most `limit`. */
  static async listChoices(db: Knex, limit = 500): Promise<PatreonCampaign[]> {
    return PatreonCampaign.query(db)
      .select('id', 'patreon_id', ...NAMES)
      .whereNull('gone_at')
      .orderByRaw(`${NAME_SQL}, id`)
      .limit(limit);
  }

  static async count(filter: { gone: boolean }, db: Knex): Promise<number> {
    return PatreonCampaign.matching(filter, db).resultSize();
  }

  private static matching(filter: { gone: boolean }, db: Knex): QueryBuilder<PatreonCampaign, PatreonCampaign[]> {
    const query = PatreonCampaign.query(db);
    return filter.gone ? query.whereNotNull('gone_at') : query.whereNull('gone_at');
  }
}

/** The one name that pages show for a campaign; never empty. */
export function campaignName(campaign: Pick<PatreonCampaign, (typeof NAMES)[number] | 'patreon_id'>): string {
  return NAMES.map((column) => campaign[column]?.trim()).find(Boolean) ?? campaign.patreon_id;
}
