import { csrfSync } from 'csrf-sync';
import type { Request, RequestHandler } from 'express';
import { ForbiddenError } from '../errors';

const { generateToken, csrfSynchronisedProtection } = csrfSync({
  getTokenFromRequest: (req) => {
    const field = (req.body as Record<string, unknown> | undefined)?._csrf;
    return typeof field === 'string' ? field : req.get('x-csrf-token');
  },
  size: 32,
});

/** Makes a session where there is none: call it only while printing a form. */
export function csrfToken(req: Request): string {
  return generateToken(req);
}

const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Two locks on every change: what the browser says about where the request comes from, then the session's token.
 * A client that says nothing about its origin is no browser; it still needs the token.
 */
export function csrfProtection(publicUrl: string, production: boolean): RequestHandler {
  const ours = new URL(publicUrl).origin;
  return (req, res, next) => {
    if (!UNSAFE.has(req.method)) return next();
    if (!sameOrigin(req, ours, production))
      return next(new ForbiddenError('This form was sent from another site.', 'cross_origin'));
    return csrfSynchronisedProtection(req, res, (error?: unknown) =>
      next(
        error
          ? new ForbiddenError('The form is too old. Go back, reload the page and send it again.', 'csrf')
          : undefined,
      ),
    );
  };
}

function sameOrigin(req: Request, ours: string, production: boolean): boolean {
  const site = req.get('sec-fetch-site');
  if (site) return site === 'same-origin' || site === 'none';
  const origin = req.get('origin') ?? originOf(req.get('referer'));
  if (origin === undefined) return true;
  return origin === ours || (!production && origin === `${req.protocol}://${req.get('host')}`);
}

function originOf(address: string | undefined): string | undefined {
  return address && URL.canParse(address) ? new URL(address).origin : undefined;
}
