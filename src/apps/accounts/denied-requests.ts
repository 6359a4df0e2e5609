import type { ErrorRequestHandler } from 'express';
import type { Context } from '../../context';
import { ForbiddenError } from '../../errors';
import { pathToKeep } from '../../logger';
import { actorOf, recordAudit } from './audit.service';

/** Writes down what signed-in people were refused; the refusal itself goes on to the error handler. */
export function deniedRequests(context: Context): ErrorRequestHandler {
  return async (error, req, _res, next) => {
    if (req.staff && error instanceof ForbiddenError) {
      const details = { method: req.method, path: pathToKeep(req.originalUrl), code: error.code };
      const entry = { ...actorOf(req), action: 'request.denied', details };
      await recordAudit(context, entry).catch((err: unknown) =>
        context.log.error({ err }, 'a refusal was not written down'),
      );
    }
    next(error);
  };
}
