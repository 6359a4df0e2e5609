import type { RequestHandler } from 'express';
import type { Config } from '../config';
import { ForbiddenError } from '../errors';
import type { Logger } from '../logger';

/**
 * For a panel that people use over https, behind a proxy that passes plain http on as well: sessions would not hold there.
 * Pages lead to the right address, everything else is refused. The word of a proxy counts only where one is configured.
 */
export function secureTransport({ http }: Pick<Config, 'http'>, log: Logger): RequestHandler {
  let isWarned = false;
  return (req, res, next) => {
    const isForwarded = req.get('x-forwarded-proto') !== undefined;
    if (!http.publicUrl.startsWith('https:') || !isForwarded || req.secure) return next();
    if (http.trustProxy === 0) {
      if (!isWarned)
        log.warn('requests come through a proxy that is not trusted, so nobody can sign in: set TRUST_PROXY');
      isWarned = true;
      return next();
    }
    const isPage = (req.method === 'GET' || req.method === 'HEAD') && !req.path.startsWith('/api/');
    if (!isPage) return next(new ForbiddenError('This address is answered over https alone.', 'insecure'));
    return res.redirect(301, http.publicUrl + (req.originalUrl.startsWith('/') ? req.originalUrl : '/'));
  };
}
