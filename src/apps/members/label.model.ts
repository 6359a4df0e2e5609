import { BaseModel } from '../../db/base-model';

/** A word that staff put on members. */
export class Label extends BaseModel {
  static override tableName = 'labels';

  id!: number;
  name!: string;
  created_by!: number | null;
  created_at!: string;
}
