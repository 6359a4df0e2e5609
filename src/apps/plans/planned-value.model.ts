import { BaseModel } from '../../db/base-model';
import type { FieldValue, PlannedField } from './plan-fields';
import type { PlanState } from './planned-change.model';

/** What one field of a plan is to be. Its fate is its own: one field may be applied while another is in conflict. */
export class PlannedValue extends BaseModel {
  static override tableName = 'planned_values';
  static override idColumn = ['plan_id', 'field'];

  plan_id!: number;
  field!: PlannedField;
  /** What Patreon said when it was planned. */
  base!: FieldValue;
  wanted!: FieldValue;
  /** Of a conflict: what Patreon says instead. */
  theirs!: FieldValue;
  state!: PlanState;
  settled_by!: number | null;
  settled_at!: string | null;
}
