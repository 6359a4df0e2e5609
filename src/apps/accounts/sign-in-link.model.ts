import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** A link that opens something once. The token itself is known to its reader alone. */
export class SignInLink extends BaseModel {
  static override tableName = 'sign_in_links';

  id!: number;
  purpose!: 'setup' | 'sign_in';
  /** SHA-256; enough for a token of 256 random bits. */
  token_digest!: Buffer;
  staff_id!: number | null;
  expires_at!: string;
  used_at!: string | null;
  created_at!: string;

  static digest(token: string): Buffer {
    return createHash('sha256').update(token).digest();
  }

  static async findUsable(purpose: SignInLink['purpose'], token: string, now: Date, db: Knex) {
    return SignInLink.query(db)
      .findOne({ purpose, token_digest: SignInLink.digest(token) })
      .whereNull('used_at')
      .where('expires_at', '>', now.toISOString());
  }

  /** Uses the link up. Of several at once one gets it, the others get nothing. */
  static async take(purpose: SignInLink['purpose'], token: string, now: Date, trx: Knex.Transaction) {
    const [link] = await SignInLink.query(trx)
      .patch({ used_at: now.toISOString() })
      .where({ purpose, token_digest: SignInLink.digest(token) })
      .whereNull('used_at')
      .where('expires_at', '>', now.toISOString())
      .returning('*');
    return link;
  }

  /** Links of this kind that were never used stop working. */
  static async discardUnused(purpose: SignInLink['purpose'], staffId: number | null, trx: Knex): Promise<void> {
    await SignInLink.query(trx).delete().where({ purpose, staff_id: staffId }).whereNull('used_at');
  }
}
