import { Readable } from 'node:stream';
import type { Knex } from 'knex';
import { ZipFile } from 'yazl';
import type { DraftContent } from './draft.model';
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
  { content, cover_id }: DraftContent,
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
    const name = plainName(alt || picture.file_name.replace(/\.[^.]*$/, ''));
    const start = String(index + 1).padStart(2, '0');
    return { id, alt, number: index + 1, fileName: `${start}${name}.${EXTENSIONS[picture.content_type]}` };
  });
}

/** Letters, digits and dashes, which every system takes as the name of a file. */
function plainName(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-+|-+$/g, '');
  return plain && `-${plain}`;
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
