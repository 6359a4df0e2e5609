import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, Request, Response } from 'express';
import { isUnavailable } from '../db/unavailable';
import {
  AppError,
  BadRequestError,
  NotFoundError,
  NotSignedInError,
  UnavailableError,
  ValidationError,
} from '../errors';
import { type Logger, pathToKeep } from '../logger';
import { formMessages } from './form-messages';
import { wantsFragment } from './render';

/** JSON addresses answer in JSON; so does a page that was asked for as JSON. */
export function wantsJson(req: Request): boolean {
  return req.path.startsWith('/api/') || req.accepts(['html', 'json']) === 'json';
}

/** The one place where an error becomes an answer: a page, a fragment or a JSON:API error document. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (thrown, req, res, next) => {
    const error = toAppError(thrown);
    const line = {
      err: thrown,
      requestId: req.requestId,
      method: req.method,
      path: pathToKeep(req.originalUrl),
      staffId: req.staff?.id,
      status: error.status,
    };
    if (error.status >= 500) log.error(line, 'request failed');
    else log.debug({ ...line, err: undefined, reason: error.code }, 'request refused');
    if (res.headersSent) return next(thrown);
    if (error.retryAfterSeconds) res.set('Retry-After', String(Math.ceil(error.retryAfterSeconds)));
    try {
      answer(error, req, res);
    } catch (failure) {
      log.error({ err: failure, requestId: req.requestId }, 'the error page failed');
      res.status(error.status).type('text').send(`${error.status}: ${error.message}\nRequest ${req.requestId}\n`);
    }
  };
}

function answer(error: AppError, req: Request, res: Response): void {
  if (wantsJson(req)) {
    const fields =
      error instanceof ValidationError ? Object.entries(formMessages(req, error)) : [['', error.message] as const];
    res.status(error.status).json({
      errors: fields.map(([parameter, detail]) => ({
        status: String(error.status),
        code: error.code,
        title: STATUS_CODES[error.status] ?? error.code,
        detail,
        ...(parameter ? { source: { parameter } } : {}),
      })),
    });
    return;
  }
  if (error instanceof NotSignedInError) {
    const address = `/login/?next=${encodeURIComponent(req.method === 'GET' ? req.originalUrl : '/patreon/')}`;
    if (wantsFragment(req)) res.status(401).set('HX-Redirect', address).end();
    else res.redirect(303, address);
    return;
  }
  const { status } = error;
  if (wantsFragment(req)) res.set('HX-Retarget', '#messages').set('HX-Reswap', 'innerHTML');
  const words = WITH_WORDS.has(status) ? status : 'other';
  const message = error instanceof ValidationError ? Object.values(formMessages(req, error))[0] : error.message;
  res.view(
    WITH_PAGE.has(status) ? `errors/${status}` : 'errors/error',
    { title: req.t(`shared:errors.${words}.title`), status, message, error: { code: error.code } },
    { fragment: 'errors/_message', status },
  );
}

const WITH_PAGE = new Set([403, 404, 500, 503]);
const WITH_WORDS = new Set([400, 403, 404, 409, 413, 422, 429, 500, 502, 503]);

/** Unknown errors stay unknown to the reader: only the request id is shown. */
function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  // Objection wraps what the driver threw and does not repeat its code.
  const error = (thrown as { nativeError?: unknown } | null)?.nativeError ?? thrown;
  if (isUnavailable(error)) return new UnavailableError();
  const { status, type, code, name } = (error ?? {}) as {
    status?: number;
    type?: string;
    code?: string;
    name?: string;
  };
  if (name === 'URIError' || status === 404) return new NotFoundError();
  // body-parser and friends mark what the client did wrong.
  if (typeof status === 'number' && status >= 400 && status < 500) {
    const message =
      type === 'entity.too.large' ? 'That is more than this form accepts.' : 'The request could not be read.';
    return new AppError(status, type ?? 'bad_request', message);
  }
  // A number beyond its column: nothing here has such an id.
  if (code === '22003') return new NotFoundError();
  if (typeof code === 'string' && /^22/.test(code))
    return new BadRequestError('A value in the request cannot be stored or searched for.');
  if (code === '23505') return new AppError(409, 'conflict', 'That already exists.');
  return new AppError(500, 'internal', 'Something went wrong on our side.');
}
