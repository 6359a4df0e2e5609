import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** A picture that staff put into a draft, as we store it: without what a camera wrote into it. */
export class PostPicture extends BaseModel {
  static override tableName = 'post_pictures';

  id!: number;
  campaign_id!: number;
  /** Where it was uploaded first; null once that draft is gone for good. */
  draft_id!: number | null;
  sha256!: Buffer;
  content_type!: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';
  bytes!: Buffer;
  width!: number;
  height!: number;
  file_name!: string;
  created_by!: number | null;
  created_at!: string;

  static async findById(id: number, db: Knex): Promise<PostPicture | undefined> {
    return PostPicture.query(db).findById(id);
  }

  /** Without the bytes. */
  static async findDigest(id: number, db: Knex): Promise<Pick<PostPicture, 'id' | 'sha256'> | undefined> {
    return PostPicture.query(db).findById(id).select('id', 'sha256');
  }

  /** The latest of a campaign, without the bytes. `before` is the id of the last one already shown. */
  static async listOfCampaign(
    campaignId: number,
    { limit, before }: { limit: number; before?: number | undefined },
    db: Knex,
  ): Promise<PostPicture[]> {
    const query = PostPicture.query(db)
      .select('id', 'campaign_id', 'width', 'height', 'file_name', 'created_at')
      .where({ campaign_id: campaignId })
      .orderBy('id', 'desc')
      .limit(limit);
    if (before !== undefined) query.where('id', '<', before);
    return query;
  }

  /** How many bytes the pictures of a campaign take. */
  static async sumBytes(campaignId: number, db: Knex): Promise<number> {
    const [sum] = await db('post_pictures')
      .select(db.raw<{ bytes: number }[]>('coalesce(sum(octet_length(bytes)), 0)::bigint as bytes'))
      .where({ campaign_id: campaignId });
    return Number((sum as unknown as { bytes: number }).bytes);
  }
}

const LONGEST_ALT = 100;

/** The description that a picture begins with: its file's name without the ending, and without what Markdown would read. */
export const describedByName = (fileName: string): string =>
  fileName
    .replace(/\.\w{2,5}$/, '')
    .replaceAll(/[\p{C}[\]\\`!*_<>&\s]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_ALT)
    .trim();

export const pictureAddress = (id: number): string => `/patreon/posts/pictures/${id}/`;
