import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';
import type { DraftState } from './draft-states';

/** Who moved a draft from one state to another, and when. Nothing changes it. */
export class PostDraftMove extends BaseModel {
  static override tableName = 'post_draft_moves';

  id!: number;
  draft_id!: number;
  from_state!: DraftState | null;
  to_state!: DraftState;
  version!: number;
  note!: string;
  /** Null: a sync found it, or the person was removed. */
  moved_by!: number | null;
  moved_at!: string;

  /** Newest first. */
  static async listOfDraft(draftId: number, limit: number, db: Knex): Promise<PostDraftMove[]> {
    return PostDraftMove.query(db).where('draft_id', draftId).orderBy('id', 'desc').limit(limit);
  }
}
