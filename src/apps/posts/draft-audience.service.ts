import type { Knex } from 'knex';
import { PatreonMember } from '../members/member.model';
import type { MembershipKind } from '../members/membership-kind';
import type { DraftContent } from './draft.model';

/** Who may see a post. Nothing but an amount or tiers makes fewer of them than all who support the campaign. */
export type AudienceChoice = Pick<DraftContent, 'is_public' | 'tiers' | 'min_cents_pledged_to_view'>;

export interface AudienceCount {
  kind: 'public' | 'members' | 'tiers' | 'amount';
  count: number;
  /** There are at least so many: nobody needs to wait until they are counted. */
  capped: boolean;
}

/** Those whose membership opens posts. Followers for free, former and declined members see what is public. */
const SUPPORTING: readonly MembershipKind[] = ['paying', 'pending', 'gift', 'trial'];
const ENOUGH = 100_000;

export function audienceKind({ is_public, tiers, min_cents_pledged_to_view }: AudienceChoice): AudienceCount['kind'] {
  if (is_public) return 'public';
  if (tiers.length > 0) return 'tiers';
  return min_cents_pledged_to_view ? 'amount' : 'members';
}

/**
 * How many members would see a post at this moment: all of them if it is public; else those whose support opens it, of
 * the tiers and above the amount that are asked for.
 */
export async function countAudience(campaignId: number, choice: AudienceChoice, db: Knex): Promise<AudienceCount> {
  const kind = audienceKind(choice);
  const everyone = { campaignId, searchesEmail: false, gone: false };
  const tier = choice.tiers.map((patreon_id) => ({ campaign_id: campaignId, patreon_id }));
  const least = choice.min_cents_pledged_to_view;
  const narrowed = {
    ...everyone,
    ...(kind === 'tiers' ? { tier } : { kind: SUPPORTING }),
    ...(least ? { amount: { min: least } } : {}),
  };
  const total = await PatreonMember.countMatching(kind === 'public' ? everyone : narrowed, db, ENOUGH);
  return { kind, ...total };
}
