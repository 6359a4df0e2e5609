import { randomBytes } from 'node:crypto';
import { csrfSync } from 'csrf-sync';
import type { Request, RequestHandler } from 'express';
import { ForbiddenError } from '../errors';

const TOKEN_BYTES = 32;

const { generateToken, csrfSynchronisedProtection } = csrfSync({
  getTokenFromRequest: (req) => {
    const field = (req.body as Record<string, unknown> | undefined)?._csrf;
    return unmasked(typeof field === 'string' ? field : req.get('x-csrf-token'));
  },
  size: TOKEN_BYTES,
});

const printed = new WeakMap<Request, string>();

/**
 * The session's token as this answer prints it, under a mask that no other answer has (decision 15). Makes a session where
 * there is none: call it only while printing a form.
 */
export function csrfToken(req: Request): string {
  const known = printed.get(req);
  if (known !== undefined) return known;
  const mask = randomBytes(TOKEN_BYTES);
  const token = Buffer.concat([mask, combined(mask, Buffer.from(generateToken(req), 'hex'))]).toString('hex');
  printed.set(req, token);
  return token;
}

/** The session's token, as csrf-sync keeps it. Undefined for what no page can have printed. */
function unmasked(token: string | undefined): string | undefined {
  if (token === undefined || token.length !== TOKEN_BYTES * 4 || !/^[\da-f]+$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'hex');
  return combined(bytes.subarray(0, TOKEN_BYTES), bytes.subarray(TOKEN_BYTES)).toString('hex');
}

const combined = (one: Buffer, other: Buffer): Buffer =>
  Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));

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
