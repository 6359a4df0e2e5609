import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** So many a page shows, and people tell apart. */
export const MOST_TEMPLATES = 200;

/** What posts of one kind begin with. */
export class PostTemplate extends BaseModel {
  static override tableName = 'post_templates';

  id!: number;
  /** Null: for all campaigns. */
  campaign_id!: number | null;
  name!: string;
  title!: string;
  /** Markdown, with placeholders. */
  content!: string;
  is_paid!: boolean;
  is_public!: boolean;
  min_cents_pledged_to_view!: number | null;
  /** Patreon's tier ids. */
  tiers!: string[];
  tags!: string[];
  saved_by!: number | null;
  saved_at!: string;
  deleted_by!: number | null;
  deleted_at!: string | null;

  static async findLive(id: number, db: Knex): Promise<PostTemplate | undefined> {
    return PostTemplate.query(db).whereRaw('id = ?::bigint', [id]).whereNull('deleted_at').first();
  }

  /** By name, without their texts. */
  static async listAll(db: Knex): Promise<Omit<PostTemplate, 'content'>[]> {
    return PostTemplate.query(db)
      .select('id', 'campaign_id', 'name', 'title', 'saved_by', 'saved_at')
      .whereNull('deleted_at')
      .orderByRaw('lower(name), id')
      .limit(MOST_TEMPLATES);
  }
}
