import sharp, { type Sharp } from 'sharp';
import { ValidationError } from '../../errors';
import { Semaphore, SemaphoreFullError } from '../../lib/semaphore';
import type { PostPicture } from './post-picture.model';

export type PictureFile = Pick<PostPicture, 'bytes' | 'content_type' | 'width' | 'height'>;

/** All frames of an animation count. */
const MAX_PIXELS = 40_000_000;

interface Format {
  type: PostPicture['content_type'];
  /** How a file of this format begins; null stands for any byte. */
  begins: readonly (number | null)[];
  encode: (picture: Sharp) => Sharp;
}

const FORMATS: readonly Format[] = [
  { type: 'image/png', begins: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], encode: (picture) => picture.png() },
  {
    type: 'image/jpeg',
    begins: [0xff, 0xd8, 0xff],
    encode: (picture) => picture.jpeg({ quality: 90, chromaSubsampling: '4:4:4', mozjpeg: false }),
  },
  { type: 'image/gif', begins: [0x47, 0x49, 0x46, 0x38], encode: (picture) => picture.gif() },
  {
    type: 'image/webp',
    begins: [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50],
    encode: (picture) => picture.webp({ quality: 90 }),
  },
];

// One at a time: a picture takes a hundred times the memory of its file while it is decoded.
const desk = new Semaphore(1, 8);

/**
 * Decodes a file and writes it anew in its own format, upright: what a camera tells beside the picture (the place above
 * all) and whatever else hides in a file stays behind. @throws ValidationError for anything that is no whole picture
 */
export async function readPicture(file: Buffer): Promise<PictureFile> {
  const format = FORMATS.find(({ begins }) => begins.every((byte, place) => byte === null || file[place] === byte));
  if (!format) throw refused('format');
  try {
    return await desk.run(() => decode(file, format));
  } catch (error) {
    if (error instanceof ValidationError) throw error;
    throw refused(error instanceof SemaphoreFullError ? 'busy' : 'broken');
  }
}

async function decode(file: Buffer, { type, encode }: Format): Promise<PictureFile> {
  const limits = { failOn: 'error', limitInputPixels: MAX_PIXELS } as const;
  const { width, height, pages = 1 } = await sharp(file, { ...limits, limitInputPixels: false }).metadata();
  if (width * height * pages > MAX_PIXELS) throw refused('pixels');
  const picture = sharp(file, { ...limits, animated: pages > 1 });
  const { data, info } = await encode(pages > 1 ? picture : picture.autoOrient()).toBuffer({ resolveWithObject: true });
  return { bytes: data, content_type: type, width: info.width, height: info.pageHeight ?? info.height };
}

const refused = (problem: 'format' | 'pixels' | 'broken' | 'busy') =>
  new ValidationError({ picture: `editor:problem.${problem}` });
