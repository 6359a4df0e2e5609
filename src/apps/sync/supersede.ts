import type { Knex } from 'knex';
import type { Pass } from './sightings';

/**
 * A later run has begun to read the same list: what an earlier one still holds of it is no longer the latest word. The runs
 * are locked first, then their parts: the order in which a decision takes them.
 */
export async function supersedeHeld(trx: Knex, { runId, campaignId, resource }: Pass): Promise<void> {
  const { rows } = await trx.raw(
    `select id from sync_runs where state = 'held' and decision is null and id < ? order by id for update`,
    [runId],
  );
  if (rows.length === 0) return;
  const heldIds = (rows as { id: number }[]).map(({ id }) => id);
  await trx.raw(
    `with parts as (
       update sync_run_resources set state = 'cancelled', staged = 0
        where campaign_id = :campaignId and resource = :resource and state = 'held' and run_id = any(:heldIds::int[])
        returning run_id)
     delete from sync_staged_records r using parts
      where r.run_id = parts.run_id and r.campaign_id = :campaignId and r.resource = :resource`,
    { heldIds, campaignId, resource },
  );
  await trx.raw(
    `update sync_runs set state = 'cancelled', decision = 'superseded', decided_at = now()
      where id = any(:heldIds::int[])
        and not exists (select from sync_run_resources p where p.run_id = sync_runs.id and p.state = 'held')`,
    { heldIds },
  );
}
