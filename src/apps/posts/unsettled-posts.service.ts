import type { Context } from '../../context';
import { settlePosts } from './post-arrival.service';

/** So many campaigns are listed at a time. */
const CAMPAIGNS = 200;

/**
 * Settles every campaign in which something waits: what a process that was killed after a read has missed. One that fails
 * keeps no other waiting. @throws the first failure, once all were tried
 */
export async function settleUnsettled(context: Context, signal: AbortSignal): Promise<{ settled: number }> {
  const failures: unknown[] = [];
  let settled = 0;
  for (let last = 0; ; ) {
    const ids = await listUnsettled(context, { after: last, limit: CAMPAIGNS });
    for (const id of ids) {
      if (signal.aborted) return { settled };
      await settlePosts(context, id).then(
        () => {
          settled += 1;
        },
        (error: unknown) => failures.push(error),
      );
    }
    if (ids.length < CAMPAIGNS) break;
    last = ids.at(-1) as number;
  }
  if (failures.length > 0) throw failures[0];
  return { settled };
}

/** Campaigns in which a draft waits, or a linked post was stored and not compared yet. */
export async function listUnsettled(
  { knex }: Context,
  { after = 0, limit = CAMPAIGNS }: { after?: number; limit?: number } = {},
): Promise<number[]> {
  return knex('post_drafts as d')
    .distinct('d.campaign_id')
    .leftJoin('patreon_posts as p', 'p.id', 'd.post_id')
    .leftJoin('post_draft_comparisons as c', 'c.draft_id', 'd.id')
    .whereNull('d.deleted_at')
    .whereRaw(
      `(d.state = 'handed_off' or (d.state in ('published', 'drifted')
         and p.id is not null and p.gone_at is null and c.post_changed_at is distinct from p.changed_at))`,
    )
    .where('d.campaign_id', '>', after)
    .orderBy('d.campaign_id')
    .limit(limit)
    .pluck('d.campaign_id');
}
