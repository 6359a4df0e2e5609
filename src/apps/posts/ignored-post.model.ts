import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** A post that was deleted here and that no sync brings back. */
export class IgnoredPost extends BaseModel {
  static override tableName = 'ignored_posts';

  id!: number;
  campaign_id!: number;
  patreon_id!: string;
  title!: string;
  ignored_by!: number | null;
  ignored_at!: string;

  /** Latest first. `before` is the id of the last one already shown. */
  static async list(
    { limit, before }: { limit: number; before?: number | undefined },
    db: Knex,
  ): Promise<IgnoredPost[]> {
    const query = IgnoredPost.query(db).orderBy('id', 'desc').limit(limit);
    if (before !== undefined) query.where('id', '<', before);
    return query;
  }

  /** How many there are, no further than `cap`. */
  static async count(db: Knex, cap = 1_000): Promise<number> {
    return IgnoredPost.query(db).select('id').limit(cap).resultSize();
  }

  /** Which of these posts of a campaign are ignored, by Patreon's ids. */
  static async among(campaignId: number, patreonIds: readonly string[], db: Knex): Promise<Set<string>> {
    const ids: string[] = await db('ignored_posts')
      .where({ campaign_id: campaignId })
      .whereRaw('patreon_id = any(?::text[])', [[...patreonIds]])
      .pluck('patreon_id');
    return new Set(ids);
  }
}
