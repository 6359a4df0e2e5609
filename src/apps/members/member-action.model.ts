import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** What staff did with a member, as its timeline tells it; written with the change itself. */
export class MemberAction extends BaseModel {
  static override tableName = 'member_actions';
  static override jsonAttributes = ['details'];

  id!: number;
  member_id!: number;
  /** Null once the person was removed. */
  staff_id!: number | null;
  /** Noun and past participle: `label.added`. */
  action!: string;
  /** Ids, days and the words of labels; never a name, a note or an address. */
  details!: Record<string, unknown>;
  batch_id!: number | null;
  at!: string;

  static async record(trx: Knex.Transaction, { memberId, staffId, action, details = {} }: ActionRecord): Promise<void> {
    await MemberAction.query(trx).insert({ member_id: memberId, staff_id: staffId ?? null, action, details });
  }

  /**
   * Newest first. A note that was added tells of itself, so its action is left out; `labelsOnly` leaves out whatever
   * comes of notes, follow-ups and fields.
   */
  static async listByMember(
    memberId: number,
    { limit, before, until, labelsOnly }: ActionPage,
    db: Knex,
  ): Promise<MemberAction[]> {
    const query = MemberAction.query(db).where('member_id', memberId).orderBy('id', 'desc').limit(limit);
    if (labelsOnly) query.where('action', 'like', 'label.%');
    else query.whereNot('action', 'note.added');
    if (before !== undefined) query.where('id', '<', before);
    if (until !== undefined) query.where('at', '<', until);
    return query;
  }
}

export interface ActionRecord {
  memberId: number;
  staffId: number | undefined;
  action: string;
  details?: Record<string, unknown>;
}

interface ActionPage {
  limit: number;
  /** The id of the last one already shown. */
  before?: number | undefined;
  /** The first moment that is not asked for. */
  until?: string | undefined;
  labelsOnly: boolean;
}
