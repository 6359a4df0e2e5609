import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';
import type { DraftContent } from './draft.model';

/**
 * A draft as it was saved once. Nothing changes its text, and restoring an old one makes a new one; what saved itself becomes
 * `saved` once somebody saves it by hand.
 */
export class PostDraftVersion extends BaseModel implements DraftContent {
  static override tableName = 'post_draft_versions';
  static override idColumn = ['draft_id', 'version'];

  draft_id!: number;
  version!: number;
  kind!: 'created' | 'autosaved' | 'saved' | 'restored';
  restored_from!: number | null;
  /** Sent while somebody else had saved another text: kept, though it never was the draft's text. */
  is_aside!: boolean;
  title!: string;
  content!: string;
  is_paid!: boolean;
  is_public!: boolean;
  min_cents_pledged_to_view!: number | null;
  tiers!: string[];
  planned_for!: string | null;
  tags!: string[];
  cover_id!: number | null;
  notes!: string;
  saved_by!: number | null;
  saved_at!: string;

  static async find(draftId: number, version: number, db: Knex): Promise<PostDraftVersion | undefined> {
    return PostDraftVersion.query(db).findById([draftId, version]);
  }
}
