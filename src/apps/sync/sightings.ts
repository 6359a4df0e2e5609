import type { Knex } from 'knex';
import type { Resource } from './sync-run.model';

export interface Pass {
  runId: number;
  campaignId: number;
  resource: Resource;
  /** The pass that confirms another: it has to be whole by itself, so it keeps sightings of its own. */
  confirming?: boolean;
}

const named = ({ runId, campaignId, resource, confirming = false }: Pass) => ({
  runId,
  campaignId,
  resource: confirming ? confirmation(resource) : resource,
});
const confirmation = (resource: Resource) => `${resource} again`;

/** Notes which ids a pass has met. Answers how many of them were new. */
export async function recordSightings(trx: Knex.Transaction, pass: Pass, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) return 0;
  const result = await trx.raw(
    `insert into sync_sightings (run_id, campaign_id, resource, patreon_id)
     select :runId, :campaignId, :resource, id from unnest(:ids::text[]) as id on conflict do nothing`,
    { ...named(pass), ids: [...new Set(ids)] },
  );
  return result.rowCount ?? 0;
}

/** How many different ids a pass has met. */
export async function countSightings(knex: Knex, pass: Pass): Promise<number> {
  const { rows } = await knex.raw(
    `select count(*) as seen from sync_sightings
      where run_id = :runId and campaign_id = :campaignId and resource = :resource`,
    named(pass),
  );
  return (rows[0] as { seen: number }).seen;
}

export interface Candidates {
  /** How many live rows there are now. */
  live: number;
  /** How many of them the pass did not meet. */
  missing: number;
  /** Patreon ids of the missing, at most `limit`. */
  sample: string[];
}

/**
 * As a difference of two sets, which PostgreSQL computes in one go over each: an anti-join may become a loop over both
 * while their statistics are young, and a first sync is always followed by young statistics.
 */
const missingIds = (table: string) => `
  select patreon_id from "${table}" where campaign_id = :campaignId and gone_at is null and read_seq < :startSeq
  except
  select patreon_id from sync_sightings
   where run_id = :runId and campaign_id = :campaignId and resource in (:resource, :confirmation)`;

const bindings = (pass: Pass, startSeq: number) => ({
  ...named(pass),
  confirmation: confirmation(pass.resource),
  startSeq,
});

/** Live rows that neither a complete pass nor its confirmation met and that nothing has read since the pass began. */
export async function missingRows(
  knex: Knex,
  table: string,
  pass: Pass,
  startSeq: number,
  limit: number,
): Promise<Candidates> {
  const { rows } = await knex.raw(
    `with missing as materialized (${missingIds(table)})
     select (select count(*) from "${table}" where campaign_id = :campaignId and gone_at is null) as live,
            (select count(*) from missing) as missing,
            array(select patreon_id from missing order by patreon_id limit :limit) as sample`,
    { ...bindings(pass, startSeq), limit },
  );
  return rows[0] as Candidates;
}

/** Marks missing rows as gone (of them only `confirmed`, unless that is null); never deletes. Answers how many. */
export async function markGone(
  trx: Knex.Transaction,
  table: string,
  pass: Pass,
  startSeq: number,
  confirmed: string[] | null,
): Promise<number> {
  const result = await trx.raw(
    `with missing as materialized (${missingIds(table)})
     update "${table}" set gone_at = now(), changed_at = now()
      where campaign_id = :campaignId and gone_at is null and read_seq < :startSeq
        and patreon_id = any(array(select patreon_id from missing))
        ${confirmed ? 'and patreon_id = any(:confirmed::text[])' : ''}`,
    { ...bindings(pass, startSeq), ...(confirmed ? { confirmed } : {}) },
  );
  return result.rowCount ?? 0;
}

/** Only the pass under way needs its sightings. */
export async function forgetSightings(knex: Knex, runId: number): Promise<void> {
  await knex('sync_sightings').where({ run_id: runId }).delete();
}
