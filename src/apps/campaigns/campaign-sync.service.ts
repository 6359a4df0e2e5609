import type { Knex } from 'knex';

export type SkippedPart = 'members' | 'posts';

/** What a sync has to leave alone. */
export interface SyncChoices {
  /** The campaign as a whole: it is ignored, or the run is a scheduled one and the campaign is not read by schedule. */
  skips(patreonId: string): boolean;
  skipsPart(patreonId: string, resource: string): boolean;
}

/** What staff decided about the syncs of these campaigns, by Patreon's ids. */
export async function readSyncChoices(
  patreonIds: readonly string[],
  { isScheduled }: { isScheduled: boolean },
  db: Knex,
): Promise<SyncChoices> {
  const ids = [...patreonIds];
  const ignored: string[] = await db('ignored_campaigns').whereIn('patreon_id', ids).pluck('patreon_id');
  const rows: { patreon_id: string; is_scheduled: boolean; syncs_members: boolean; syncs_posts: boolean }[] = await db(
    'campaign_settings as s',
  )
    .join('patreon_campaigns as c', 'c.id', 's.campaign_id')
    .whereIn('c.patreon_id', ids)
    .select('c.patreon_id', 's.is_scheduled', 's.syncs_members', 's.syncs_posts');
  const skipped = new Set(ignored);
  if (isScheduled) for (const row of rows) if (!row.is_scheduled) skipped.add(row.patreon_id);
  const parts: Record<SkippedPart, Set<string>> = {
    members: new Set(rows.filter((row) => !row.syncs_members).map((row) => row.patreon_id)),
    posts: new Set(rows.filter((row) => !row.syncs_posts).map((row) => row.patreon_id)),
  };
  return {
    skips: (patreonId) => skipped.has(patreonId),
    skipsPart: (patreonId, resource) =>
      (resource === 'members' || resource === 'posts') && parts[resource].has(patreonId),
  };
}
