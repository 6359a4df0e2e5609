import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** What staff said about a draft, and about which version of it. */
export class PostDraftComment extends BaseModel {
  static override tableName = 'post_draft_comments';

  id!: number;
  draft_id!: number;
  version!: number;
  /** Markdown. */
  body!: string;
  /** Null once the person was removed. */
  author_id!: number | null;
  created_at!: string;
  resolved_by!: number | null;
  resolved_at!: string | null;

  /** Open ones first, the oldest of them first; then the settled ones, the latest first. */
  static async listOfDraft(draftId: number, limit: number, db: Knex): Promise<PostDraftComment[]> {
    return PostDraftComment.query(db)
      .where('draft_id', draftId)
      .orderByRaw('resolved_at is not null, resolved_at desc, id')
      .limit(limit);
  }

  static async countOpen(draftId: number, db: Knex): Promise<number> {
    return PostDraftComment.query(db).where('draft_id', draftId).whereNull('resolved_at').resultSize();
  }
}
