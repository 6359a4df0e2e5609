import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** What staff wrote about a member, in Markdown. Patreon's own note on a member is another thing, and read-only. */
export class MemberNote extends BaseModel {
  static override tableName = 'member_notes';

  id!: number;
  member_id!: number;
  /** Null once the person was removed. */
  author_id!: number | null;
  body!: string;
  pinned!: boolean;
  created_at!: string;
  edited_at!: string | null;
  /** A deleted note can be brought back for a while. */
  deleted_at!: string | null;
  deleted_by!: number | null;

  /** The pinned ones, then the newest. */
  static async listOfMember(memberId: number, limit: number, db: Knex): Promise<MemberNote[]> {
    return MemberNote.live(memberId, db)
      .orderBy([
        { column: 'pinned', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(limit);
  }

  /** Newest first. `before` is the id of the last one already shown, `until` the first moment that is not asked for. */
  static async listByMember(
    memberId: number,
    { limit, before, until }: { limit: number; before?: number | undefined; until?: string | undefined },
    db: Knex,
  ): Promise<MemberNote[]> {
    const query = MemberNote.live(memberId, db).orderBy('id', 'desc').limit(limit);
    if (before !== undefined) query.where('id', '<', before);
    if (until !== undefined) query.where('created_at', '<', until);
    return query;
  }

  /** What this person deleted of a member's notes since a moment. */
  static async listDeletedBy(
    { memberId, staffId, since }: { memberId: number; staffId: number; since: Date },
    db: Knex,
  ): Promise<MemberNote[]> {
    return MemberNote.query(db)
      .where({ member_id: memberId, deleted_by: staffId })
      .where('deleted_at', '>', since.toISOString())
      .orderBy('deleted_at', 'desc')
      .limit(5);
  }

  private static live(memberId: number, db: Knex) {
    return MemberNote.query(db).where('member_id', memberId).whereNull('deleted_at');
  }
}
