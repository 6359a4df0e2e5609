import type { Context } from '../../context';
import type { KeysetSort } from '../../db/keyset';
import { readSnapshot, type Snapshot } from '../../db/snapshot';
import { ConflictError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { type ExportFormat, MemberExport } from './export.model';
import { type ExportColumn, type ExportSubject, fileColumns } from './export-columns';
import { exportText } from './export-format';
import { ExportRows } from './export-rows';
import { type MemberFilter, PatreonMember } from './member.model';

/** Large enough that queries do not count, small enough that other requests are not held up. */
const BATCH = 500;
const PROGRESS_MS = 1_000;

export interface ExportRequest {
  filter: MemberFilter;
  order: KeysetSort;
  /** The canonical query of the list. */
  searchParams: URLSearchParams;
  format: ExportFormat;
  /** What was chosen, in the order of the file. */
  columns: readonly ExportColumn[];
  /** Why addresses are wanted; given exactly if they are among the columns. */
  reason: string | undefined;
  actor: Actor;
}

/** Where the text of the file goes. */
export interface ExportSink {
  write(text: string): Promise<void>;
  signal: AbortSignal;
}

/**
 * Writes every member that matches, in the order of the list, from one snapshot of the database. Who took what is in the
 * audit log before the first row leaves. @throws ConflictError (`export_running`, `exports_full`) before anything is written
 */
export async function exportMembers(context: Context, request: ExportRequest, sink: ExportSink): Promise<void> {
  const { knex, log } = context;
  const { id } = await enter(context, request);
  let rows = 0;
  const beat = setInterval(() => {
    MemberExport.tell(id, rows, knex).catch((err: unknown) =>
      log.warn({ err }, 'the progress of an export is not told'),
    );
  }, PROGRESS_MS);
  const finish = async (state: 'succeeded' | 'cancelled' | 'failed') => {
    clearInterval(beat);
    await knex.transaction(async (trx) => {
      await MemberExport.finish(id, state, rows, trx);
      await recordAudit(trx, {
        ...request.actor,
        action: `export.${state}`,
        subject: subjectOf(id),
        details: { rows },
      });
    });
  };
  try {
    await readSnapshot(knex, sink.signal, (snapshot) =>
      writeFile(context, id, request, snapshot, async (text, count) => {
        await sink.write(text);
        rows += count;
      }),
    );
  } catch (error) {
    await finish(sink.signal.aborted ? 'cancelled' : 'failed');
    throw error;
  }
  await finish('succeeded');
}

const subjectOf = (id: number) => ({ type: 'export', id });

async function enter({ knex }: Context, request: ExportRequest): Promise<MemberExport> {
  const { format, actor, reason } = request;
  const columns = request.columns.map(({ name }) => name);
  const query = queryToKeep(request.searchParams);
  return knex.transaction(async (trx) => {
    const entered = await MemberExport.start({ staff_id: actor.staffId ?? null, format, query, columns }, trx);
    if (entered === 'own') throw new ConflictError('An export of yours is still being written.', 'export_running');
    if (entered === 'all') throw new ConflictError('Too many exports are being written just now.', 'exports_full');
    const picked = request.filter.ids?.length;
    const details = { format, columns, query, ...(picked && { picked }), ...(reason !== undefined && { reason }) };
    await recordAudit(trx, { ...actor, action: 'export.started', subject: subjectOf(entered.id), details });
    return entered;
  });
}

const REDACTED = '…';
const MAX_QUERY_LENGTH = 4_000;

/**
 * The query without the texts that were searched for: they are names and e-mails, and the log outlives people. Of members
 * who were picked one by one the log says how many.
 */
export function queryToKeep(searchParams: URLSearchParams): string {
  const kept = [...searchParams]
    .filter(([name]) => name !== 'ids')
    .map(([name, value]) => [name, /(^|\.)q$/.test(name) ? REDACTED : value]);
  return new URLSearchParams(kept as [string, string][]).toString().slice(0, MAX_QUERY_LENGTH);
}

async function writeFile(
  context: Context,
  id: number,
  { filter, order, format, columns: chosen, actor }: ExportRequest,
  snapshot: Snapshot,
  write: (text: string, count: number) => Promise<void>,
): Promise<void> {
  const columns = fileColumns(chosen);
  const rows = new ExportRows(columns, snapshot.trx, context.secrets);
  const text = exportText(format, columns);
  await write(text.begin(), 0);
  for (const query of runs(filter, order, columns, snapshot)) {
    for await (const members of snapshot.batches<PatreonMember>(query, BATCH)) {
      const subjects = await rows.complete(members);
      await tellTimelines(context, id, subjects, actor);
      await write(text.rows(subjects), subjects.length);
    }
  }
  await write(text.end(), 0);
}

/** Rows with a value and rows without one, as the list shows them: two runs of one index, neither of which is sorted. */
function runs(
  filter: MemberFilter,
  { value, descending = false }: KeysetSort,
  columns: readonly ExportColumn[],
  { trx }: Snapshot,
) {
  const direction = descending ? 'desc' : 'asc';
  const sources = [...new Set(['id', 'campaign_id', ...columns.flatMap((column) => column.sources)])];
  return ['is not null', 'is null'].map((presence) =>
    PatreonMember.matching(filter, trx)
      .select(sources)
      .whereRaw(`(${value}) ${presence}`)
      .orderByRaw(`${value} ${direction}, id ${direction}`)
      .toKnexQuery(),
  );
}

/** A file with addresses is a look at each of them. */
async function tellTimelines(
  { knex }: Context,
  exportId: number,
  subjects: readonly ExportSubject[],
  { staffId }: Actor,
): Promise<void> {
  const looked = subjects.filter(({ address }) => address !== undefined);
  if (looked.length === 0) return;
  const details = { export_id: exportId };
  await knex('member_actions').insert(
    looked.map(({ member }) => ({
      member_id: member.id,
      staff_id: staffId ?? null,
      action: 'address.exported',
      details,
    })),
  );
}
