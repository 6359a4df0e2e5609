import type { Knex } from 'knex';
import type { Context } from '../../context';
import type { Resource } from './sync-run.model';

/** Where a read stands in patreon_read_seq: before it was sent and after its answer had come. No clock is involved. */
export interface ReadInterval {
  startSeq: number;
  endSeq: number;
}

export interface ListTarget {
  campaignId: number;
  resource: Resource;
}

/** The next place in the one sequence of all reads. */
export async function nextReadSeq({ knex }: Pick<Context, 'knex'>): Promise<number> {
  const { rows } = await knex.raw(`select nextval('patreon_read_seq') as seq`);
  return (rows[0] as { seq: number }).seq;
}

/** Runs a read and says where it stands. */
export async function stamped<T>(context: Pick<Context, 'knex'>, read: () => Promise<T>): Promise<T & ReadInterval> {
  const startSeq = await nextReadSeq(context);
  const answer = await read();
  return { ...answer, startSeq, endSeq: await nextReadSeq(context) };
}

/**
 * Until the transaction ends nothing else of this list is stored: a page and a single read that met the same row at the
 * same moment must know of one another.
 */
export async function lockReads(trx: Knex.Transaction, { campaignId, resource }: ListTarget): Promise<void> {
  await trx.raw('select pg_advisory_xact_lock(?::int, hashtext(?))', [campaignId, resource]);
}

export interface Contested {
  /** Read by themselves after the list was: what the list says of them is old. */
  older: Set<string>;
  /** Read by themselves while the list was: nobody can tell which answer is newer, so they are read again. */
  overlapping: Set<string>;
}

/** What single reads mean for records that were staged, each with the read that brought it. Ask under `lockReads`. */
export async function contestedStaged(
  trx: Knex.Transaction,
  runId: number,
  { campaignId, resource }: ListTarget,
  ids: readonly string[],
): Promise<Contested> {
  const { rows } = await trx.raw(
    `select r.patreon_id, s.start_seq > r.end_seq as newer
       from sync_staged_records r join patreon_read_stamps s using (campaign_id, resource, patreon_id)
      where r.run_id = :runId and r.campaign_id = :campaignId and r.resource = :resource
        and r.patreon_id = any(:ids::text[]) and s.end_seq > r.read_seq`,
    { runId, campaignId, resource, ids },
  );
  return contestedFrom(rows);
}

/** `newer`: the single read began when the other had ended. */
export function contestedFrom(rows: { patreon_id: string; newer: boolean }[]): Contested {
  const idsOf = (newer: boolean) => new Set(rows.filter((r) => r.newer === newer).map((r) => r.patreon_id));
  return { older: idsOf(true), overlapping: idsOf(false) };
}

/**
 * How a single read stands to the newest other read of its resource, be it single or a page of a list. A pass that has
 * ended no longer knows whom each of its pages held, so all of it counts. Ask under `lockReads`.
 */
export async function standingOf(
  trx: Knex.Transaction,
  { campaignId, resource, patreonId }: ListTarget & { patreonId: string },
  { startSeq, endSeq }: ReadInterval,
): Promise<'newest' | 'older' | 'overlapping'> {
  const { rows } = await trx.raw(
    `select bool_or(start_seq > :endSeq) as is_older, count(*) > 0 as is_contested from (
       select start_seq from patreon_read_stamps
        where campaign_id = :campaignId and resource = :resource and patreon_id = :patreonId
          and end_seq > :startSeq and start_seq <> :startSeq
       union all
       select start_seq from sync_sighted_pages
        where campaign_id = :campaignId and resource in (:resource, :again) and end_seq > :startSeq
          and :patreonId = any(ids)
       union all
       select 0 from sync_run_resources
        where campaign_id = :campaignId and resource = :resource and finished_at is not null and end_seq > :startSeq
     ) as others`,
    { campaignId, resource, again: `${resource} again`, patreonId, startSeq, endSeq },
  );
  const [row] = rows as { is_older: boolean | null; is_contested: boolean }[];
  if (!row?.is_contested) return 'newest';
  return row.is_older ? 'older' : 'overlapping';
}

/**
 * Notes a single read, whatever it brought: a list that was read at the same moment must know of it. It ends when it is
 * stored: a page that was compared before and is stored after it has to look again. Call under `lockReads`.
 */
export async function stampSingleRead(
  trx: Knex.Transaction,
  { campaignId, resource, patreonId }: ListTarget & { patreonId: string },
  { startSeq }: Pick<ReadInterval, 'startSeq'>,
): Promise<void> {
  await trx.raw(
    `insert into patreon_read_stamps as s (campaign_id, resource, patreon_id, start_seq, end_seq)
     values (:campaignId, :resource, :patreonId, :startSeq, nextval('patreon_read_seq'))
     on conflict (campaign_id, resource, patreon_id) do update
        set start_seq = excluded.start_seq, end_seq = excluded.end_seq, read_at = now()
      where s.start_seq < excluded.start_seq`,
    { campaignId, resource, patreonId, startSeq },
  );
}

/** No read takes this long, with all its repetitions. */
const KEPT = '1 day';

/** What a held run has read must know of every single read since, however long it waits. */
export async function forgetOldStamps(knex: Knex): Promise<void> {
  await knex.raw(
    `delete from patreon_read_stamps where read_at < now() - ?::interval
        and end_seq <= all (select start_seq from sync_run_resources where state = 'held' and start_seq is not null)`,
    [KEPT],
  );
}
