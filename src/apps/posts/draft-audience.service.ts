import type { Knex } from 'knex';
import { PatreonTier } from '../campaigns/tier.model';
import { PatreonMember } from '../members/member.model';
import type { MembershipKind } from '../members/membership-kind';
import type { DraftContent } from './draft.model';

/** Who may see a post. Nothing but an amount or tiers makes fewer of them than all who support the campaign. */
export type AudienceChoice = Pick<DraftContent, 'is_public' | 'tiers' | 'min_cents_pledged_to_view'>;

export interface AudienceCount {
  kind: 'public' | 'members' | 'tiers' | 'amount';
  count: number;
  /** There are at least so many. */
  capped: boolean;
}

/** Those whose membership opens posts. Followers for free, former and declined members see what is public. */
const SUPPORTING: readonly MembershipKind[] = ['paying', 'pending', 'gift', 'trial'];
/** Amounts are counted so far: nobody needs to wait for more. */
const ENOUGH = 20_000;

export function audienceKind({ is_public, tiers, min_cents_pledged_to_view }: AudienceChoice): AudienceCount['kind'] {
  if (is_public) return 'public';
  if (tiers.length > 0) return 'tiers';
  return min_cents_pledged_to_view ? 'amount' : 'members';
}

/**
 * How many members would see a post at this moment: all of them if it is public; else those whose support opens it, of
 * the tiers and from the amount that are asked for.
 */
export async function countAudience(campaignId: number, choice: AudienceChoice, db: Knex): Promise<AudienceCount> {
  const kind = audienceKind(choice);
  const least = choice.min_cents_pledged_to_view;
  if (kind === 'tiers' && !least) {
    return { kind, count: await countOfTiers(campaignId, choice.tiers, db), capped: false };
  }
  if (least && kind !== 'public') return { kind, ...(await countFrom(campaignId, choice.tiers, least, db)) };
  const everyone = { campaignId, searchesEmail: false, gone: false };
  const filter = kind === 'public' ? everyone : { ...everyone, kind: SUPPORTING };
  return { kind, ...(await PatreonMember.countMatching(filter, db, ENOUGH)) };
}

/**
 * Those who give the amount a month, and those whom Patreon lets into a tier that costs it, whatever they pay themselves:
 * gifts and trials, and a year that is paid with a discount.
 */
async function countFrom(campaignId: number, tiers: readonly string[], least: number, db: Knex) {
  const isIn = (ids: readonly string[]) => ids.map((patreon_id) => ({ campaign_id: campaignId, patreon_id }));
  const live = { searchesEmail: false, gone: false };
  const narrowed = tiers.length > 0 ? { tier: isIn(tiers) } : { kind: SUPPORTING };
  const arms = [PatreonMember.matching({ ...live, campaignId, ...narrowed, amount: { min: least } }, db)];
  const costly = await PatreonTier.listIdsFrom(campaignId, least, db);
  if (costly.length > 0) {
    const entitled = PatreonMember.matching({ ...live, tier: isIn(costly) }, db);
    if (tiers.length > 0) entitled.whereRaw('currently_entitled_tiers && ?::text[]', [[...tiers]]);
    arms.push(entitled);
  }
  const seen = arms.map((arm) =>
    arm
      .select('id')
      .limit(ENOUGH + 1)
      .toKnexQuery(),
  );
  const [row] = await db.count<{ count: number }[]>('* as count').from(db.union(seen, true).as('seen'));
  const count = row?.count ?? 0;
  return { count: Math.min(count, ENOUGH), capped: count > ENOUGH };
}

/** From the figures that are kept for each tier, without counting anybody who has several of them more than once. */
async function countOfTiers(campaignId: number, tiers: readonly string[], db: Knex): Promise<number> {
  const { rows } = await db.raw<{ rows: { people: number }[] }>(
    `select (select coalesce(sum(members), 0) from patreon_member_tier_counts
              where campaign_id = :campaignId and tier_patreon_id = any(:tiers) and not gone)::bigint
          - (select coalesce(sum(greatest(0, -1 + (
                      select count(distinct tier) from unnest(currently_entitled_tiers) tier where tier = any(:tiers)))), 0)
               from patreon_members
              where campaign_id = :campaignId and gone_at is null and cardinality(currently_entitled_tiers) > 1)::bigint
            as people`,
    { campaignId, tiers },
  );
  return rows[0]?.people ?? 0;
}
