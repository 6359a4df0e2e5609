import type { Knex } from 'knex';
import type { PassState } from './pass-state';
import { type Contested, contestedFrom, type ListTarget, type ReadInterval } from './read-stamps';

export interface Pass extends ListTarget {
  runId: number;
  /** The pass that confirms another: it has to be whole by itself, so it keeps sightings of its own. */
  confirming?: boolean;
}

const confirmation = (resource: string) => `${resource} again`;
const named = ({ runId, campaignId, resource, confirming = false }: Pass) => ({
  runId,
  campaignId,
  resource: confirming ? confirmation(resource) : resource,
});

/** Notes which ids a page has met, and by which read; answers what single reads mean for it. Call under `lockReads`. */
export async function recordSightings(
  trx: Knex.Transaction,
  pass: Pass,
  { startSeq, endSeq, page }: ReadInterval & { page: number },
  ids: readonly string[],
): Promise<Contested> {
  const { rows } = await trx.raw(
    `with met as (
       insert into sync_sighted_pages (run_id, campaign_id, resource, page, start_seq, end_seq, ids)
       values (:runId, :campaignId, :resource, :page, :startSeq, :endSeq, :ids::text[]) returning ids)
     select patreon_id, s.start_seq > :endSeq as newer from patreon_read_stamps s, met
      where campaign_id = :campaignId and resource = :listed and s.end_seq > :startSeq and patreon_id = any(met.ids)`,
    { ...named(pass), listed: pass.resource, page, startSeq, endSeq, ids },
  );
  return contestedFrom(rows);
}

const PAGES = 'sync_sighted_pages where campaign_id = :campaignId and resource = :resource and run_id = :runId';

/** Where a pass stood after a page. */
export interface SightedPage {
  cursor: string | null;
  /** Of the last page of a list the part knows it. */
  pass: PassState | null;
}

/** A pass that has read nothing yet: page 0, which met nobody. */
export async function noteBeginning(
  trx: Knex.Transaction,
  pass: Pass,
  { startSeq, state }: { startSeq: number; state: PassState },
): Promise<void> {
  const place = { page: 0, start_seq: startSeq, end_seq: startSeq, ids: [], cursor: null, pass: JSON.stringify(state) };
  await trx('sync_sighted_pages').insert({
    run_id: pass.runId,
    campaign_id: pass.campaignId,
    resource: pass.resource,
    ...place,
  });
}

/** How many pages of a pass are known, and where it stood after the last of them; null when not even its beginning is. */
export async function sightedPages(knex: Knex, pass: Pass): Promise<{ pages: number; last: SightedPage | null }> {
  const { rows } = await knex.raw(
    `select count(*) over () - 1 as pages, cursor, pass from ${PAGES} order by page desc limit 1`,
    named(pass),
  );
  const [row] = rows as (SightedPage & { pages: number })[];
  return row ? { pages: Number(row.pages), last: { cursor: row.cursor, pass: row.pass } } : { pages: 0, last: null };
}

/** Notes with the last page that was sighted where its pass stands. */
export async function keepPlace(
  trx: Knex.Transaction,
  pass: Pass,
  { cursor, state }: { cursor: string | null; state: PassState },
): Promise<void> {
  await trx('sync_sighted_pages')
    .where({ run_id: pass.runId, campaign_id: pass.campaignId, resource: pass.resource, page: state.pages })
    .update({ cursor, pass: JSON.stringify(state) });
}

/** How many different ids a pass has met. Goes over all of them. */
export async function countSightings(knex: Knex, pass: Pass): Promise<number> {
  const { rows } = await knex.raw(
    `select count(distinct id) as seen from (select unnest(ids) as id from ${PAGES}) as met`,
    named(pass),
  );
  return (rows[0] as { seen: number }).seen;
}

/** Whether a pass had met all these ids before. Goes over all that it met: to be asked on suspicion only. */
export async function hasMetAll(knex: Knex, pass: Pass, ids: readonly string[]): Promise<boolean> {
  const { rows } = await knex.raw(
    `select exists (select unnest(:ids::text[]) except select unnest(ids) from ${PAGES}) as is_new`,
    { ...named(pass), ids },
  );
  return !(rows[0] as { is_new: boolean }).is_new;
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
 * Live rows that neither a whole pass nor its confirmation met and that nothing has read since the pass began. As a
 * difference of sets, which PostgreSQL computes in one go over each: an anti-join may become a loop over both while their
 * statistics are young, and a first sync is always followed by young statistics.
 */
const missingIds = (table: string) => `
  select patreon_id from "${table}" where campaign_id = :campaignId and gone_at is null and read_seq < :startSeq
  except
  select unnest(ids) from sync_sighted_pages
   where campaign_id = :campaignId and resource in (:resource, :confirmation) and run_id = :runId
  except
  select patreon_id from patreon_read_stamps
   where campaign_id = :campaignId and resource = :resource and end_seq > :startSeq`;

const bindings = (pass: Pass, startSeq: number) => ({
  ...named(pass),
  confirmation: confirmation(pass.resource),
  startSeq,
});

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

/** Notes the missing as departures of the run, for a person to decide on. */
export async function noteMissing(trx: Knex.Transaction, table: string, pass: Pass, startSeq: number): Promise<void> {
  const isMember = table === 'patreon_members';
  await trx.raw(
    `with missing as materialized (${missingIds(table)})
     insert into sync_departures (run_id, campaign_id, resource, patreon_id, reason, kind_before, monthly_cents_before)
     select :runId, :campaignId, :resource, patreon_id, 'gone', ${isMember ? 'kind, monthly_cents' : 'null, null'}
       from "${table}" where campaign_id = :campaignId and patreon_id in (select patreon_id from missing)
     on conflict do nothing`,
    bindings(pass, startSeq),
  );
}

/** Marks the missing as gone, read at `readSeq`; never deletes. Answers how many. */
export async function markGone(
  trx: Knex.Transaction,
  table: string,
  pass: Pass,
  { startSeq, readSeq }: { startSeq: number; readSeq: number },
): Promise<number> {
  const result = await trx.raw(
    `with missing as materialized (${missingIds(table)})
     update "${table}" set gone_at = now(), changed_at = now(), read_seq = :readSeq
      where campaign_id = :campaignId and gone_at is null and read_seq < :startSeq
        and patreon_id = any(array(select patreon_id from missing))`,
    { ...bindings(pass, startSeq), readSeq },
  );
  return result.rowCount ?? 0;
}

/** Only the pass under way needs its sightings. Those of one run; without it those that any run has left. */
export async function forgetSightings(knex: Knex, { campaignId, resource }: ListTarget, runId?: number): Promise<void> {
  await knex('sync_sighted_pages')
    .where({ campaign_id: campaignId, ...(runId === undefined ? {} : { run_id: runId }) })
    .whereIn('resource', [resource, confirmation(resource)])
    .delete();
}
