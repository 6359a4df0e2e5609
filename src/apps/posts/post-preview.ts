import type { PatreonTier } from '../campaigns/tier.model';
import type { AudienceChoice } from './draft-audience.service';

/** Who looks at a post: a stranger, somebody who supports the campaign with any amount, or a member of one tier. */
export type Reader = 'public' | 'member' | Pick<PatreonTier, 'patreon_id' | 'amount_cents'>;

/**
 * Whether Patreon would open the post for this reader: the rule by which its audience is counted. A tier that costs nothing
 * is followed, not supported: it opens what names it.
 */
export function mayRead(choice: AudienceChoice, reader: Reader): boolean {
  if (choice.is_public) return true;
  if (reader === 'public') return false;
  const least = choice.min_cents_pledged_to_view ?? 0;
  if (reader === 'member') return choice.tiers.length === 0 && least === 0;
  const amount = reader.amount_cents ?? 0;
  const isNamed = choice.tiers.length > 0 ? choice.tiers.includes(reader.patreon_id) : amount > 0;
  return isNamed && amount >= least;
}
