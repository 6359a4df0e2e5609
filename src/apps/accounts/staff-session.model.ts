import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** A row of the session store, read to show people where they are signed in. The store itself writes it. */
export class StaffSession extends BaseModel {
  static override tableName = 'sessions';
  static override idColumn = 'sid';
  static override jsonAttributes = ['sess'];

  sid!: string;
  sess!: { staffId?: number; epoch?: number; signedInAt?: number; browser?: string };
  /** Without a time zone; the store writes UTC. */
  expire!: Date;

  /** Sessions of one person that still open something, the latest first. */
  static async listOpen({ id, epoch }: { id: number; epoch: number }, now: Date, db: Knex): Promise<StaffSession[]> {
    return StaffSession.query(db)
      .whereRaw(`sess ->> 'staffId' = ?`, [String(id)])
      .whereRaw(`sess ->> 'epoch' = ?`, [String(epoch)])
      .where('expire', '>', now.toISOString())
      .orderByRaw(`(sess ->> 'signedInAt')::bigint desc nulls last`);
  }

  static async deleteOthers({ id, sid }: { id: number; sid: string }, trx: Knex): Promise<number> {
    return StaffSession.query(trx)
      .delete()
      .whereRaw(`sess ->> 'staffId' = ?`, [String(id)])
      .whereNot({ sid });
  }
}
