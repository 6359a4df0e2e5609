import type { Knex } from 'knex';
import { type QueryBuilder, raw } from 'objection';
import { BaseModel } from '../../db/base-model';
import { type KeysetPage, type KeysetPosition, type KeysetSort, keysetPage } from '../../db/keyset';
import { containing } from '../../db/like';
import { CAMPAIGN_COLOURS, type CampaignColour } from './campaign-settings.model';

/**
 * What a page is called by, best first: the name that staff gave it, then Patreon's, who sends `name` only since March 2026.
 * Any of them may be empty.
 */
const NAMES = ['local_name', 'name', 'vanity', 'creator_full_name', 'creation_name'] as const;
const NAME_SQL = `left(coalesce(${NAMES.map((column) => `nullif(trim(${column}), '')`).join(', ')}, patreon_id), 200) collate "und-x-icu"`;

/** The settings of a campaign that its pages need wherever they name it. */
const SETTINGS = ['local_name', 'colour', 'time_zone'] as const;

const sumOf = (column: 'members' | 'monthly_cents') =>
  `(select coalesce(sum(n.${column}), 0)::bigint from patreon_member_counts n
     where n.campaign_id = patreon_campaigns.id and not n.gone)`;

/** A creator's page, as Patreon last told it. Columns carry the names of Patreon's attributes; `creator_…` are its user's. */
export class PatreonCampaign extends BaseModel {
  static override tableName = 'patreon_campaigns';

  /** What the list can be sorted by. Campaigns are few: these orders need no index. */
  static readonly sorts = {
    name: { value: NAME_SQL, type: 'text' },
    members: { value: sumOf('members'), type: 'bigint' },
  } as const satisfies Record<string, KeysetSort>;

  /** Those of money, for readers who may see it. */
  static readonly moneySorts = {
    ...PatreonCampaign.sorts,
    monthly: { value: sumOf('monthly_cents'), type: 'bigint' },
  } as const satisfies Record<string, KeysetSort>;

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
  /** Of its settings, which not every campaign has. */
  local_name?: string | null;
  colour?: CampaignColour | null;
  time_zone?: string | null;

  /** Of the chosen colour: the number of its class `avatar--c…`. Null where none was chosen. */
  get colourClass(): number | null {
    return this.colour ? CAMPAIGN_COLOURS.indexOf(this.colour) : null;
  }

  /** An id beyond the column's range is compared as a bigint, and so is merely unknown. */
  static async findById(id: number, db: Knex): Promise<PatreonCampaign | undefined> {
    return PatreonCampaign.named(db)
      .where('id', raw('?::bigint', [id]))
      .first();
  }

  static async listByIds(ids: readonly number[], db: Knex): Promise<PatreonCampaign[]> {
    return PatreonCampaign.named(db).findByIds([...new Set(ids)]);
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
    return PatreonCampaign.named(db)
      .clearSelect()
      .select('id', 'patreon_id', 'colour', ...NAMES)
      .whereNull('gone_at')
      .orderByRaw(`${NAME_SQL}, id`)
      .limit(limit);
  }

  /** The live ones of which a name contains the text, or whose id on Patreon it is. Few as they are, no index is needed. */
  static async listNamed(text: string, limit: number, db: Knex): Promise<PatreonCampaign[]> {
    const pattern = containing(text);
    return PatreonCampaign.named(db)
      .whereNull('gone_at')
      .where((either) => {
        for (const column of NAMES) either.orWhere(column, 'ilike', pattern);
        either.orWhere('patreon_id', text);
      })
      .orderBy('id')
      .limit(limit);
  }

  static async count(filter: { gone: boolean }, db: Knex): Promise<number> {
    return PatreonCampaign.matching(filter, db).resultSize();
  }

  /** With the settings that a name needs. */
  private static named(db: Knex): QueryBuilder<PatreonCampaign, PatreonCampaign[]> {
    return PatreonCampaign.query(db)
      .leftJoin('campaign_settings', 'campaign_settings.campaign_id', 'patreon_campaigns.id')
      .select('patreon_campaigns.*', ...SETTINGS);
  }

  private static matching(filter: { gone: boolean }, db: Knex): QueryBuilder<PatreonCampaign, PatreonCampaign[]> {
    const query = PatreonCampaign.named(db);
    return filter.gone ? query.whereNotNull('gone_at') : query.whereNull('gone_at');
  }
}

/** The one name that pages show for a campaign; never empty. */
export function campaignName(campaign: Pick<PatreonCampaign, (typeof NAMES)[number] | 'patreon_id'>): string {
  return NAMES.map((column) => campaign[column]?.trim()).find(Boolean) ?? campaign.patreon_id;
}
