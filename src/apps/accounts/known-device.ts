import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { CookieOptions, Request, Response } from 'express';
import type { Context } from '../../context';

const YEAR_MS = 365 * 24 * 3_600_000;

/**
 * The id of a browser that this account signed in from before, or undefined. Its attempts are counted by themselves, so
 * that a stranger's guesses do not make the owner wait. It opens nothing.
 */
export function knownDevice(req: Request, email: string, context: Context): string | undefined {
  const { name } = cookieSettings(context);
  const cookies = (req.headers.cookie ?? '').split(/;\s*/);
  const value = cookies.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  const [id, seal] = value.split('.');
  if (!id || !seal) return undefined;
  const given = Buffer.from(seal);
  const expected = Buffer.from(sealOf(id, email, context));
  return given.length === expected.length && timingSafeEqual(given, expected) ? id : undefined;
}

/** Makes this browser known to the account for a year. */
export function rememberDevice(res: Response, email: string, context: Context): void {
  const { name, options } = cookieSettings(context);
  const id = randomBytes(16).toString('base64url');
  res.cookie(name, `${id}.${sealOf(id, email, context)}`, options);
}

function sealOf(id: string, email: string, { secrets }: Context): string {
  return secrets.digest(`${email}|${id}`, 'cookie|device');
}

function cookieSettings({ config }: Context): { name: string; options: CookieOptions } {
  const secure = config.http.publicUrl.startsWith('https:');
  return {
    name: secure ? '__Host-device' : 'device',
    options: { httpOnly: true, secure, sameSite: 'lax', path: '/', maxAge: YEAR_MS },
  };
}
