import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** So many words are kept apart by people, and a page shows all of them. */
export const MOST_LABELS = 300;

/** A word that staff put on members. */
export class Label extends BaseModel {
  static override tableName = 'labels';

  id!: number;
  name!: string;
  /** How many have it, those that Patreon lists no more included. Kept by the statements that write labels. */
  members!: number;
  created_by!: number | null;
  created_at!: string;

  static async findById(id: number, db: Knex): Promise<Label | undefined> {
    return Label.query(db).findById(id);
  }

  /** Capitals make no other word. */
  static async findByName(name: string, db: Knex): Promise<Label | undefined> {
    return Label.query(db).whereRaw('lower(name) = lower(?)', [name]).first();
  }

  static async listAll(db: Knex): Promise<Label[]> {
    return Label.query(db).orderByRaw('lower(name), id').limit(MOST_LABELS);
  }

  static async listOfMember(memberId: number, db: Knex): Promise<Label[]> {
    return Label.query(db)
      .whereIn('id', db('member_labels').select('label_id').where({ member_id: memberId }))
      .orderByRaw('lower(name), id')
      .limit(MOST_LABELS);
  }
}
