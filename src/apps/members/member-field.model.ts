import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** So many are shown on every member's page. */
export const MOST_FIELDS = 40;

/** An attribute of members that staff have made up. */
export class MemberField extends BaseModel {
  static override tableName = 'member_fields';

  id!: number;
  name!: string;
  created_at!: string;

  static async findById(id: number, db: Knex): Promise<MemberField | undefined> {
    return MemberField.query(db).findById(id);
  }

  static async listAll(db: Knex): Promise<MemberField[]> {
    return MemberField.query(db).orderByRaw('lower(name), id').limit(MOST_FIELDS);
  }

  /** The values of one member by field id. */
  static async valuesOf(memberId: number, db: Knex): Promise<Map<number, string>> {
    const rows: { field_id: number; value: string }[] = await db('member_field_values')
      .select('field_id', 'value')
      .where({ member_id: memberId });
    return new Map(rows.map(({ field_id, value }) => [field_id, value]));
  }

  /** How many members have a value, by field id; counted up to `cap`. */
  static async countValues(cap: number, db: Knex): Promise<Map<number, number>> {
    const { rows } = await db.raw<{ rows: { id: number; count: number }[] }>(
      `select f.id, counted.count
         from member_fields f, lateral (
           select count(*) from (select 1 from member_field_values where field_id = f.id limit ?) few
         ) counted`,
      [cap + 1],
    );
    return new Map(rows.map(({ id, count }) => [id, count]));
  }
}
