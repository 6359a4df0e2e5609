import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** Where a member wants parcels sent: encrypted, so that a copy of the database does not tell it. */
export class MemberAddress extends BaseModel {
  static override tableName = 'member_addresses';
  static override idColumn = 'member_id';

  member_id!: number;
  campaign_id!: number;
  patreon_id!: string;
  /** JSON of Patreon's attributes, sealed for the place `member_addresses|address|<member_id>`. */
  address!: string;
  address_digest!: string;
  read_seq!: number;
  changed_at!: string;

  static async findByMember(memberId: number, db: Knex): Promise<MemberAddress | undefined> {
    return MemberAddress.query(db).findById(memberId);
  }
}
