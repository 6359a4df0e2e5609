import type { Context } from '../../context';
import { settlePlans } from '../plans/plan-settling.service';
import { settlePosts } from '../posts/post-arrival.service';

/**
 * What staff plan and hand off is compared with what was just stored. Jobs do the same again later, so a failure here
 * costs time only, and what was read stays read; one of the two does not wait for the other.
 */
export async function settleCampaign(context: Context, campaignId: number): Promise<void> {
  for (const settle of [settlePlans, settlePosts]) {
    try {
      await settle(context, campaignId);
    } catch (error) {
      context.log.warn({ err: error, campaignId, settle: settle.name }, 'not compared with what a read brought');
    }
  }
}
