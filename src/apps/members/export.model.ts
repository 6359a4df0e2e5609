import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

export const EXPORT_FORMATS = ['csv', 'json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Each holds a connection and a snapshot of the database for as long as it is written. */
export const MAX_RUNNING = 3;

/** A running one whose process has said nothing for so long is over: it was killed. */
const SILENCE = `interval '60 seconds'`;

/** Any number that nothing else in the database uses for an advisory lock. */
const START_LOCK = 7_282_613;

/** A file of members that somebody has taken, or is taking now. */
export class MemberExport extends BaseModel {
  static override tableName = 'exports';

  id!: number;
  staff_id!: number | null;
  format!: ExportFormat;
  /** Of the list's address, without texts that were searched for. */
  query!: string;
  columns!: string[];
  state!: 'running' | 'succeeded' | 'cancelled' | 'failed';
  rows!: number;
  started_at!: string;
  seen_at!: string;
  finished_at!: string | null;

  /** Enters a new one, or says why it may not begin: `own` when this person has one running, `all` when too many run. */
  static async start(
    given: Pick<MemberExport, 'staff_id' | 'format' | 'query' | 'columns'>,
    trx: Knex.Transaction,
  ): Promise<MemberExport | 'own' | 'all'> {
    await trx.raw('select pg_advisory_xact_lock(?)', [START_LOCK]);
    await MemberExport.endSilent(trx);
    const running = await MemberExport.query(trx).select('staff_id').where({ state: 'running' });
    if (running.some(({ staff_id }) => staff_id === given.staff_id)) return 'own';
    if (running.length >= MAX_RUNNING) return 'all';
    return MemberExport.query(trx).insertAndFetch(given);
  }

  /** Those whose process was killed are over, whoever looks first. */
  static async endSilent(db: Knex): Promise<void> {
    await db('exports')
      .where({ state: 'running' })
      .whereRaw(`seen_at < now() - ${SILENCE}`)
      .update({ state: 'failed', finished_at: db.raw('now()') });
  }

  static async tell(id: number, rows: number, db: Knex): Promise<void> {
    await db('exports')
      .where({ id, state: 'running' })
      .update({ rows, seen_at: db.raw('now()') });
  }

  static async finish(id: number, state: 'succeeded' | 'cancelled' | 'failed', rows: number, db: Knex): Promise<void> {
    await db('exports')
      .where({ id })
      .update({ state, rows, finished_at: db.raw('now()') });
  }

  static async listLatest(limit: number, db: Knex): Promise<(MemberExport & { staff_name: string | null })[]> {
    return MemberExport.query(db)
      .leftJoin('staff', 'staff.id', 'exports.staff_id')
      .select('exports.*', 'staff.name as staff_name')
      .orderBy('exports.id', 'desc')
      .limit(limit) as unknown as Promise<(MemberExport & { staff_name: string | null })[]>;
  }
}
