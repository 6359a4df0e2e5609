import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';
import { MOST_TEMPLATES } from './post-template.model';

/** A few words or a paragraph that posts have in common. */
export class PostSnippet extends BaseModel {
  static override tableName = 'post_snippets';

  id!: number;
  /** Null: for all campaigns. */
  campaign_id!: number | null;
  name!: string;
  /** Markdown. */
  content!: string;
  saved_by!: number | null;
  saved_at!: string;
  deleted_by!: number | null;
  deleted_at!: string | null;

  static async findLive(id: number, db: Knex): Promise<PostSnippet | undefined> {
    return PostSnippet.query(db).whereRaw('id = ?::bigint', [id]).whereNull('deleted_at').first();
  }

  /** By name: all of them, or those that posts of one campaign can use. */
  static async listFor(campaignId: number | undefined, db: Knex): Promise<PostSnippet[]> {
    const query = PostSnippet.query(db).whereNull('deleted_at').orderByRaw('lower(name), id').limit(MOST_TEMPLATES);
    if (campaignId !== undefined)
      query.where((either) => either.whereNull('campaign_id').orWhere('campaign_id', campaignId));
    return query;
  }
}
