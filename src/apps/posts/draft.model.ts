import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';
import type { DraftState } from './draft-states';

/** What staff write of a post, and what each version keeps. */
export interface DraftContent {
  title: string;
  /** Markdown. */
  content: string;
  is_paid: boolean;
  is_public: boolean;
  /** Cents in the campaign's currency; null asks for no amount. */
  min_cents_pledged_to_view: number | null;
  /** Patreon's tier ids. */
  tiers: string[];
  planned_for: string | null;
  tags: string[];
  cover_id: number | null;
  /** For staff; never handed off. */
  notes: string;
}

/** A post that is written here. Its id is never that of a mirrored post: both tables share a sequence. */
export class PostDraft extends BaseModel implements DraftContent {
  static override tableName = 'post_drafts';

  id!: number;
  campaign_id!: number;
  state!: DraftState;
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
  version!: number;
  handed_off_version!: number | null;
  handed_off_at!: string | null;
  post_id!: number | null;
  /** Of the form that made it. */
  form_token!: string | null;
  created_by!: number | null;
  created_at!: string;
  saved_by!: number | null;
  saved_at!: string;
  state_by!: number | null;
  state_at!: string;
  deleted_by!: number | null;
  deleted_at!: string | null;

  /** A deleted one is not found. */
  static async findLive(id: number, db: Knex): Promise<PostDraft | undefined> {
    return PostDraft.query(db).findById(id).whereNull('deleted_at');
  }

  /** The same, locked until the transaction ends: every change of a draft begins with it. */
  static async lockLive(id: number, trx: Knex.Transaction): Promise<PostDraft | undefined> {
    return PostDraft.query(trx).findById(id).whereNull('deleted_at').forUpdate();
  }
}
