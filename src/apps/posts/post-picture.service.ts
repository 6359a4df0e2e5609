import { createHash } from 'node:crypto';
import type { Context } from '../../context';
import { ValidationError } from '../../errors';
import { PostPicture } from './post-picture.model';
import { readPicture } from './post-picture-file';

/** Bytes of pictures that a campaign may store. */
export const PICTURE_QUOTA = 500 * 1024 ** 2;

/** Any number that is ours alone: the first half of the keys of advisory locks. */
const QUOTA_LOCK = 1_480_932_011;

export interface NewPicture {
  campaignId: number;
  draftId?: number | undefined;
  file: { bytes: Buffer; name: string };
  staffId: number;
}

/**
 * Stores a picture for a campaign. The same picture is stored once, so that sending it again answers the one that is there.
 * @throws ValidationError for what is no picture, and for one that finds no room
 */
export async function storePicture(
  { knex, clock }: Context,
  { campaignId, draftId, file, staffId }: NewPicture,
): Promise<Pick<PostPicture, 'id' | 'width' | 'height'>> {
  const picture = await readPicture(file.bytes);
  const sha256 = createHash('sha256').update(picture.bytes).digest();
  return knex.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(?::int, ?::int)', [QUOTA_LOCK, campaignId]);
    // Sent anew it is as young as any other: nothing may show it yet, and old pictures that nothing shows are removed.
    const [known] = await trx('post_pictures')
      .where({ campaign_id: campaignId, sha256 })
      .update({ created_at: clock.now().toISOString() })
      .returning(['id', 'width', 'height']);
    if (known) return known;
    if ((await PostPicture.sumBytes(campaignId, trx)) + picture.bytes.length > PICTURE_QUOTA)
      throw new ValidationError({ picture: 'editor:problem.quota' });
    const draft = draftId && (await trx('post_drafts').where({ id: draftId, campaign_id: campaignId }).first('id'));
    const row = {
      ...picture,
      sha256,
      campaign_id: campaignId,
      draft_id: draft ? draftId : null,
      file_name: fileName(file.name),
      created_by: staffId,
      created_at: clock.now().toISOString(),
    };
    const [stored] = await trx('post_pictures').insert(row).returning(['id', 'width', 'height']);
    return stored;
  });
}

/** Without folders, and what no file is called. */
function fileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  return last.replaceAll(/\p{C}/gu, '').slice(0, 200);
}
