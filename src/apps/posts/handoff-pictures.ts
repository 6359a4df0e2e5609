import { Readable } from 'node:stream';
import type { Knex } from 'knex';
import { ZipFile } from 'yazl';
import type { DraftContent } from './draft.model';
import { plainName } from './post-markdown';
import { PostPicture } from './post-picture.model';
import { ownPictureId } from './preflight';
import { contentParts } from './preflight-content';

export interface HandOffPicture {
  id: number;
  /** Its place in the text, from 1; a cover that is not in the text comes last. */
  number: number;
  /** Its description in the text. */
  alt: string;
  /** In the zip. */
  fileName: string;
}

const EXTENSIONS = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/gif': 'gif', 'image/webp': 'webp' } as const;

/** The pictures of ours that a version uses, each once, in the order of the text. */
export async function handOffPictures(
  campaignId: number,
  { content, cover_id }: Pick<DraftContent, 'content' | 'cover_id'>,
  knex: Knex,
): Promise<HandOffPicture[]> {
  const used = new Map<number, string>();
  for (const { address, alt } of contentParts(content).pictures) {
    const id = ownPictureId(address);
    if (id !== undefined && !used.get(id)) used.set(id, alt);
  }
  if (cover_id !== null && !used.has(cover_id)) used.set(cover_id, '');
  const known = await PostPicture.query(knex)
    .select('id', 'file_name', 'content_type')
    .where({ campaign_id: campaignId })
    .findByIds([...used.keys()]);
  const here = [...used].flatMap(([id, alt]) => {
    const picture = known.find((one) => one.id === id);
    return picture ? [{ id, alt, picture }] : [];
  });
  return here.map(({ id, alt, picture }, index) => {
    const name = plainName(alt || picture.file_name.replace(/\.[^.]*$/, ''), 40);
    const parts = [String(index + 1).padStart(2, '0'), name].filter(Boolean);
    return { id, alt, number: index + 1, fileName: `${parts.join('-')}.${EXTENSIONS[picture.content_type]}` };
  });
}

/** A zip of these pictures, as it is made: one of them stands in memory at a time. */
export function zipPictures(pictures: readonly HandOffPicture[], knex: Knex): Readable {
  const zip = new ZipFile();
  for (const { id, fileName } of pictures) {
    zip.addReadStreamLazy(fileName, { compress: false }, (done) => {
      PostPicture.findById(id, knex).then(
        (picture) => {
          if (picture) done(null, Readable.from([picture.bytes]));
          else done(new Error(`Picture ${id} is gone`), Readable.from([]));
        },
        (error: unknown) => done(error, Readable.from([])),
      );
    });
  }
  zip.end();
  const stream = zip.outputStream as Readable;
  zip.on('error', (error: Error) => stream.destroy(error));
  return stream;
}
