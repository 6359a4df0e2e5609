import type { Context } from '../../context';
import { readSnapshot } from '../../db/snapshot';
import { ConflictError } from '../../errors';
import { CSV_BEGIN, csvLines } from '../../lib/csv';
import { type Actor, recordAudit } from './audit.service';
import { AuditEntry, type AuditFilter } from './audit-entry.model';

/** Any number that nothing else in the database uses for an advisory lock. */
const LOCK = 7_282_614;
const BATCH = 1_000;
const HEAD = ['id', 'at', 'actor', 'name', 'action', 'subject_type', 'subject_id', 'details', 'request_id'];

export interface AuditExport {
  filter: AuditFilter;
  actor: Actor;
}

/**
 * Writes the entries that match as CSV, newest first, from one snapshot. That it was taken is an entry itself, written
 * before the first row leaves. @throws ConflictError while another one is being written
 */
export async function exportAudit(
  { knex }: Context,
  { filter, actor }: AuditExport,
  sink: { write(text: string): Promise<void>; signal: AbortSignal },
): Promise<void> {
  await readSnapshot(knex, sink.signal, async ({ trx, batches }) => {
    const { rows } = await trx.raw('select pg_try_advisory_xact_lock(?) as free', [LOCK]);
    if (!rows[0].free) throw new ConflictError('The log is being exported already.', 'audit_export_running');
    await recordAudit(knex, { ...actor, action: 'audit.exported', details: { ...filter } });
    await sink.write(CSV_BEGIN + csvLines([HEAD]));
    const entries = AuditEntry.matching(filter, trx)
      .select('audit_entries.*')
      .select(
        AuditEntry.knexQuery().from('staff').select('name').whereRaw('staff.id = audit_entries.staff_id').as('name'),
      )
      .orderBy([
        { column: 'at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .toKnexQuery();
    for await (const batch of batches<AuditEntry & { name: string | null }>(entries, BATCH))
      await sink.write(csvLines(batch.map(cellsOf)));
  });
}

function cellsOf(entry: AuditEntry & { name: string | null }) {
  const { id, at, actor, name, action, subject_type, subject_id, details, request_id } = entry;
  return [id, at, actor, name, action, subject_type, subject_id, JSON.stringify(details), request_id];
}
