import type { RequestHandler } from 'express';
import { AppError, BadRequestError } from '../errors';

const METHODS = new Set(['GET', 'HEAD', 'POST']);
const WITHOUT_SLASH = /^\/(api|healthz|readyz|metrics)(\/|$)|\.[a-z0-9]{2,5}$/i;

/** Only the methods that forms have; paths that can be decoded and hold no NUL. */
export const plainRequests: RequestHandler = (req, res, next) => {
  if (!METHODS.has(req.method)) {
    res.set('Allow', [...METHODS].join(', '));
    return next(new AppError(405, 'method_not_allowed', 'This address does not answer that method.'));
  }
  if (/%00|%0[ad]/i.test(req.path) || !decodable(req.path))
    return next(new BadRequestError('The address cannot be read.'));
  return next();
};

function decodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** Django's rule: a page's address ends in a slash, and asking without it leads there. */
export const trailingSlash: RequestHandler = (req, res, next) => {
  const { path } = req;
  if (
    (req.method !== 'GET' && req.method !== 'HEAD') ||
    path.endsWith('/') ||
    path.startsWith('//') ||
    WITHOUT_SLASH.test(path)
  )
    return next();
  // A request line may name a whole address, or `*`.
  if (!req.originalUrl.startsWith('/')) return next();
  const query = req.originalUrl.slice(path.length);
  return res.redirect(301, `${path}/${query}`);
};
