import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';
import type { Locale } from '../../i18n';
import type { Role } from '../../policy';

export type Theme = 'dark' | 'light' | 'system';

/** Somebody who works in the panel. A patron is never one. */
export class Staff extends BaseModel {
  static override tableName = 'staff';

  id!: number;
  /** Lower case, unique. */
  email!: string;
  name!: string;
  role!: Role;
  /** PHC string; null until the person has chosen a password. */
  password_hash!: string | null;
  theme!: Theme;
  locale!: Locale;
  /** Every session names the epoch it was opened in; raising it ends them all. */
  session_epoch!: number;
  disabled_at!: string | null;
  last_sign_in_at!: string | null;
  created_at!: string;

  static async findById(id: number, db: Knex): Promise<Staff | undefined> {
    return Staff.query(db).findById(id);
  }

  static async findByEmail(email: string, db: Knex): Promise<Staff | undefined> {
    return Staff.query(db).findOne({ email });
  }

  /** Names by id; who has left is not among them. */
  static async listNames(ids: readonly (number | null)[], db: Knex): Promise<Map<number, string>> {
    const wanted = [...new Set(ids.filter((id) => id !== null))];
    const staff = wanted.length === 0 ? [] : await Staff.query(db).select('id', 'name').findByIds(wanted);
    return new Map(staff.map(({ id, name }) => [id, name]));
  }

  static async listAll(db: Knex): Promise<Staff[]> {
    return Staff.query(db).orderByRaw('disabled_at is not null').orderBy(['name', 'id']);
  }

  static async existsAny(db: Knex): Promise<boolean> {
    return (await Staff.query(db).select('id').first()) !== undefined;
  }

  /** Locks the owners who can sign in, so that of two who give up the role at once the second sees what the first did. */
  static async lockEnabledOwners(trx: Knex.Transaction): Promise<Staff[]> {
    return Staff.query(trx).where({ role: 'owner' }).whereNull('disabled_at').orderBy('id').forUpdate();
  }
}
