import { BaseModel } from '../../db/base-model';

/** Who did what to which row, and when. Written once: the database refuses to change or delete an entry. */
export class AuditEntry extends BaseModel {
  static override tableName = 'audit_entries';
  static override jsonAttributes = ['details'];

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
}
