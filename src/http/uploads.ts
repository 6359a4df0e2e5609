import type { Request, RequestHandler } from 'express';
import multer, { MulterError } from 'multer';
import { ValidationError } from '../errors';
import { may, type Permission } from '../policy';

/** An address that takes a file. */
export interface Upload {
  address: string;
  /** Nobody else's bytes are read. */
  permission: Permission;
  /** Name of the file's field. */
  field: string;
  maxBytes: number;
  /** What is said to a file that is larger: a key of the catalogue. */
  tooLarge: string;
}

/**
 * Reads the one file of a form, kept in memory, and its other fields, so that the form's token is known when it is asked for.
 * Only at the named addresses and only for people whose role may send one; everything else passes unread, and so without a token.
 */
export function uploads(known: readonly Upload[]): RequestHandler[] {
  return known.map((upload) => {
    const limits = { fileSize: upload.maxBytes, files: 1, fields: 10, fieldSize: 1_000, parts: 11 };
    const read = multer({ storage: multer.memoryStorage(), limits, defParamCharset: 'utf8' }).single(upload.field);
    return (req, res, next) => {
      if (!isMeant(req, upload)) return next();
      return read(req, res, (error?: unknown) => next(error === undefined ? undefined : refusal(error, upload)));
    };
  });
}

const isMeant = (req: Request, { address, permission }: Upload): boolean =>
  req.method === 'POST' &&
  req.path === address &&
  req.is('multipart/form-data') !== false &&
  may(req.staff?.role, permission);

function refusal(error: unknown, { field, tooLarge }: Upload): unknown {
  if (!(error instanceof MulterError)) return Object.assign(new Error('unreadable form'), { status: 400 });
  return new ValidationError({ [field]: error.code === 'LIMIT_FILE_SIZE' ? tooLarge : 'shared:form.invalid' });
}
