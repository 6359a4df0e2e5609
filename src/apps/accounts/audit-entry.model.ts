import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { BaseModel } from '../../db/base-model';
import { cappedCount, type KeysetPage, type KeysetPosition, type KeysetSort, keysetPage } from '../../db/keyset';

export interface AuditFilter {
  /** What an action begins with: `staff` of `staff.disabled`. */
  group?: string | undefined;
  staffId?: number | undefined;
  subjectType?: string | undefined;
  subjectId?: string | undefined;
  /** First and last day, UTC. */
  from?: string | undefined;
  to?: string | undefined;
}

/** As the index on it has it. */
const GROUP = `split_part(action, '.', 1)`;

/** Who did what to which row, and when. Written once: the database refuses to change or delete an entry. */
export class AuditEntry extends BaseModel {
  static override tableName = 'audit_entries';
  static override jsonAttributes = ['details'];

  /** What the log can be sorted by. */
  static readonly sorts = { at: { value: 'at', type: 'timestamptz' } } as const satisfies Record<string, KeysetSort>;

  id!: number;
  at!: string;
  /** `staff:12`, `cli:deploy`, `system` or `anonymous`. */
  actor!: string;
  staff_id!: number | null;
  action!: string;
  subject_type!: string | null;
  subject_id!: string | null;
  details!: Record<string, unknown>;
  request_id!: string | null;

  static async listPage(
    filter: AuditFilter,
    sort: KeysetSort,
    position: KeysetPosition,
    db: Knex,
  ): Promise<KeysetPage<AuditEntry>> {
    return keysetPage(AuditEntry.matching(filter, db), sort, position);
  }

  static async countMatching(filter: AuditFilter, db: Knex): Promise<{ count: number; capped: boolean }> {
    return cappedCount(AuditEntry.matching(filter, db));
  }

  static matching(filter: AuditFilter, db: Knex): QueryBuilder<AuditEntry, AuditEntry[]> {
    const query = AuditEntry.query(db);
    if (filter.group) query.whereRaw(`${GROUP} = ?`, [filter.group]);
    if (filter.staffId !== undefined) query.where('staff_id', filter.staffId);
    if (filter.subjectType) query.where('subject_type', filter.subjectType);
    if (filter.subjectId) query.where('subject_id', filter.subjectId);
    if (filter.from) query.whereRaw(`at >= ?::date at time zone 'UTC'`, [filter.from]);
    if (filter.to) query.whereRaw(`at < (?::date + 1) at time zone 'UTC'`, [filter.to]);
    return query;
  }
}
