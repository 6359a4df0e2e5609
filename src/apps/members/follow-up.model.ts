import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** What is to be done about a member, who looks after it, and until when. There is one at most. */
export class MemberFollowUp extends BaseModel {
  static override tableName = 'member_follow_ups';
  static override idColumn = 'member_id';

  member_id!: number;
  /** Null once the person was removed. */
  owner_id!: number | null;
  /** A day, `2026-11-30`. */
  due_on!: string | null;
  task!: string;
  set_by!: number | null;
  set_at!: string;

  static async findByMember(memberId: number, db: Knex): Promise<MemberFollowUp | undefined> {
    return (
      MemberFollowUp.query(db)
        .select('member_id', 'owner_id', 'task', 'set_by', 'set_at')
        // As text: a day has no time, and so no time zone.
        .select(db.raw('due_on::text as due_on'))
        .findById(memberId)
    );
  }
}
