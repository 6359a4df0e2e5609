import type { Knex } from 'knex';
import { type QueryBuilder, raw } from 'objection';
import { BaseModel } from '../../db/base-model';
import { cappedCount, type KeysetPage, type KeysetPosition, type KeysetSort, keysetPage } from '../../db/keyset';
import { containing } from '../../db/like';

export interface TierFilter {
  campaignId?: number | undefined;
  /** Part of the title. */
  q?: string | undefined;
  /** `unknown` where Patreon did not say. */
  published?: (typeof PUBLISHED_STATES)[number] | undefined;
  places?: (typeof PLACES)[number] | undefined;
  gone: boolean;
}

export const PUBLISHED_STATES = ['yes', 'no', 'unknown'] as const;
export const PLACES = ['full', 'nearly', 'left', 'unlimited'] as const;

/** At most a tenth of the places is left. */
const NEARLY_FULL = 'user_limit > 0 and remaining <= ceil(user_limit * 0.1)';
const PLACES_SQL: Record<(typeof PLACES)[number], string> = {
  full: 'user_limit is not null and remaining <= 0',
  nearly: `${NEARLY_FULL} and remaining > 0`,
  left: 'user_limit is not null and remaining > 0',
  unlimited: 'user_limit is null',
};
const PUBLISHED_SQL = { yes: 'published', no: 'not published', unknown: 'published is null' };

/** A level of membership. Unpublished tiers are live; a tier that Patreon no longer names is gone. */
export class PatreonTier extends BaseModel {
  static override tableName = 'patreon_tiers';

  /** What the list can be sorted by. */
  static readonly sorts = {
    amount: { value: 'amount_cents', type: 'bigint' },
    title: { value: `nullif(title, '') collate "und-x-icu"`, type: 'text' },
    members: { value: 'patron_count', type: 'bigint' },
  } as const satisfies Record<string, KeysetSort>;

  id!: number;
  campaign_id!: number;
  patreon_id!: string;
  /** Price of one period, in minor units of the campaign's currency. */
  amount_cents!: number | null;
  created_at!: string | null;
  /** Patreon's HTML as it came. */
  description!: string | null;
  discord_role_ids!: string[] | null;
  edited_at!: string | null;
  image_url!: string | null;
  patron_count!: number | null;
  post_count!: number | null;
  published!: boolean | null;
  published_at!: string | null;
  /** Places left; null when their number is not limited. */
  remaining!: number | null;
  requires_shipping!: boolean | null;
  title!: string | null;
  unpublished_at!: string | null;
  /** May be relative to Patreon's site. */
  url!: string | null;
  user_limit!: number | null;
  /** Patreon's benefit ids. */
  benefits!: string[];
  read_seq!: number;
  first_seen_at!: string;
  changed_at!: string;
  gone_at!: string | null;

  /** An id beyond the column's range is compared as a bigint, and so is merely unknown. */
  static async findById(id: number, db: Knex): Promise<PatreonTier | undefined> {
    return PatreonTier.query(db)
      .where('id', raw('?::bigint', [id]))
      .first();
  }

  static async listPage(
    filter: TierFilter,
    sort: KeysetSort,
    position: KeysetPosition,
    db: Knex,
  ): Promise<KeysetPage<PatreonTier>> {
    return keysetPage(PatreonTier.matching(filter, db), sort, position);
  }

  static async countMatching(filter: TierFilter, db: Knex): Promise<{ count: number; capped: boolean }> {
    return cappedCount(PatreonTier.matching(filter, db));
  }

  /** The live tiers of one campaign, cheapest first. */
  static async listByCampaign(campaignId: number, db: Knex, limit = 100): Promise<PatreonTier[]> {
    return PatreonTier.matching({ campaignId, gone: false }, db).orderBy(['amount_cents', 'id']).limit(limit);
  }

  /** For a choice of tier: the live ones, at most `limit`. */
  static async listChoices(campaignId: number | undefined, db: Knex, limit = 500): Promise<PatreonTier[]> {
    return PatreonTier.matching({ campaignId, gone: false }, db)
      .select('id', 'campaign_id', 'patreon_id', 'title', 'amount_cents')
      .orderBy(['campaign_id', 'amount_cents', 'id'])
      .limit(limit);
  }

  /** Those of a campaign by our ids, gone ones too. */
  static async listOfCampaign(campaignId: number, ids: readonly number[], db: Knex): Promise<PatreonTier[]> {
    return PatreonTier.query(db)
      .select('id', 'campaign_id', 'patreon_id', 'title')
      .where({ campaign_id: campaignId })
      .whereRaw('id = any(?::bigint[])', [ids]);
  }

  /** Tiers by Patreon's own ids, gone ones too: an old post still names them. */
  static async listByPatreonIds(
    campaignIds: readonly number[],
    patreonIds: readonly string[],
    db: Knex,
  ): Promise<PatreonTier[]> {
    return PatreonTier.query(db)
      .select('id', 'campaign_id', 'patreon_id', 'title', 'gone_at')
      .whereRaw('campaign_id = any(?::int[]) and patreon_id = any(?::text[])', [campaignIds, patreonIds]);
  }

  /** Patreon's ids of a campaign's tiers that cost so much or more, gone ones too: members may still be in them. */
  static async listIdsFrom(campaignId: number, cents: number, db: Knex, limit = 500): Promise<string[]> {
    return db('patreon_tiers')
      .where({ campaign_id: campaignId })
      .where('amount_cents', '>=', cents)
      .limit(limit)
      .pluck('patreon_id');
  }

  /** The live tiers that carry each of these benefits, by campaign and benefit, cheapest first. */
  static async listByBenefits(
    benefits: readonly { campaign_id: number; patreon_id: string }[],
    db: Knex,
  ): Promise<(benefit: { campaign_id: number; patreon_id: string }) => PatreonTier[]> {
    const campaignIds = [...new Set(benefits.map((benefit) => benefit.campaign_id))];
    const tiers = await PatreonTier.query(db)
      .select('id', 'campaign_id', 'patreon_id', 'title', 'benefits')
      .whereRaw('campaign_id = any(?::int[])', [campaignIds])
      .whereRaw('benefits && ?::text[]', [benefits.map((benefit) => benefit.patreon_id)])
      .whereNull('gone_at')
      .orderBy(['amount_cents', 'id'])
      .limit(2_000);
    return ({ campaign_id, patreon_id }) =>
      tiers.filter((tier) => tier.campaign_id === campaign_id && tier.benefits.includes(patreon_id));
  }

  static async countByCampaign(campaignIds: readonly number[], db: Knex): Promise<Map<number, number>> {
    const rows = await db('patreon_tiers')
      .select('campaign_id')
      .count<{ campaign_id: number; count: number }[]>('* as count')
      .whereIn('campaign_id', [...campaignIds])
      .whereNull('gone_at')
      .groupBy('campaign_id');
    return new Map(rows.map((row) => [row.campaign_id, row.count]));
  }

  private static matching(filter: TierFilter, db: Knex): QueryBuilder<PatreonTier, PatreonTier[]> {
    const query = PatreonTier.query(db);
    if (filter.gone) query.whereNotNull('gone_at');
    else query.whereNull('gone_at');
    if (filter.campaignId !== undefined) query.where('campaign_id', filter.campaignId);
    if (filter.q) query.where('title', 'ilike', containing(filter.q));
    if (filter.published) query.whereRaw(PUBLISHED_SQL[filter.published]);
    if (filter.places) query.whereRaw(`(${PLACES_SQL[filter.places]})`);
    return query;
  }
}
