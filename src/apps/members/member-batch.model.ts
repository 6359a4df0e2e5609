import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

export type BatchAction =
  | 'add_label'
  | 'remove_label'
  | 'add_note'
  | 'assign_follow_up'
  | 'merge_label'
  | 'delete_label';
export type BatchState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** What the actions need; each takes its own. */
export interface BatchArguments {
  label_id?: number;
  /** The label's word when the batch began. */
  label?: string;
  into_id?: number;
  into?: string;
  /** Of a note; forgotten when the batch ends. */
  body?: string;
  owner_id?: number;
  due_on?: string | null;
  task?: string;
}

export const UNDO_DAYS = 30;

/** One action on many members, and how far it came. */
export class MemberBatch extends BaseModel {
  static override tableName = 'member_batches';
  static override jsonAttributes = ['arguments'];

  id!: number;
  action!: BatchAction;
  arguments!: BatchArguments;
  /** Of the list whose matches were chosen; null for members picked one by one. */
  query!: string | null;
  /** The batch that this one takes back. */
  reverts!: number | null;
  request_key!: string | null;
  state!: BatchState;
  /** Why it failed: the last part of a catalogue key. */
  failure!: string | null;
  total!: number;
  done!: number;
  /** Members that were not already as asked. */
  changed!: number;
  /** The member after which the next part begins. */
  last_id!: number;
  created_by!: number | null;
  created_at!: string;
  started_at!: string | null;
  heartbeat_at!: string;
  cancel_requested_at!: string | null;
  finished_at!: string | null;

  get isOpen(): boolean {
    return this.state === 'queued' || this.state === 'running';
  }

  /** Ended before it was done: stopped, or failed. */
  get isUnfinished(): boolean {
    return this.state === 'cancelled' || this.state === 'failed';
  }

  static async findById(id: number, db: Knex): Promise<MemberBatch | undefined> {
    return MemberBatch.query(db).findById(id);
  }

  static async findByRequest(requestKey: string, db: Knex): Promise<MemberBatch | undefined> {
    return MemberBatch.query(db).findOne({ request_key: requestKey });
  }

  /** Locked until the transaction ends: of two workers the second waits and goes on where the first came to. */
  static async lock(id: number, trx: Knex.Transaction): Promise<MemberBatch | undefined> {
    return MemberBatch.query(trx).findById(id).forUpdate();
  }

  static async listNewest(limit: number, db: Knex): Promise<MemberBatch[]> {
    return MemberBatch.query(db).orderBy('id', 'desc').limit(limit);
  }

  /** The undo of a batch; the last one where others ended before they were done. */
  static async findReverting(id: number, db: Knex): Promise<MemberBatch | undefined> {
    return MemberBatch.query(db).where({ reverts: id }).orderBy('id', 'desc').first();
  }

  /** How many members of a batch no undo has changed yet. */
  static async countUnreverted({ id, changed }: MemberBatch, db: Knex): Promise<number> {
    const [undone] = await db('member_batches').where({ reverts: id }).sum({ members: 'changed' });
    return changed - Number(undone?.members ?? 0);
  }
}
