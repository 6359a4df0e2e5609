import type { Request } from 'express';
import type { Context } from '../../context';
import { regenerateSession } from '../../http/session-change';
import type { Staff } from './staff.model';

declare module 'express-session' {
  interface SessionData {
    /** "Firefox, Linux": lets people tell their sessions apart. */
    browser?: string;
  }
}

/** Signs somebody in: a new session id, so that one planted before is worth nothing. */
export async function openSession(req: Request, staff: Staff, { clock }: Context): Promise<void> {
  await regenerateSession(req);
  req.session.staffId = staff.id;
  req.session.epoch = staff.session_epoch;
  req.session.signedInAt = clock.now().getTime();
  req.session.browser = browserName(req.get('user-agent') ?? '');
}

/** Ends the session at hand and its row. */
export async function closeSession(req: Request): Promise<void> {
  await new Promise<void>((resolve, reject) => req.session.destroy((error) => (error ? reject(error) : resolve())));
}

const BROWSERS: [RegExp, string][] = [
  [/\bEdg/, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\//, 'Firefox'],
  [/(Chrome|CriOS)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const SYSTEMS: [RegExp, string][] = [
  [/\bAndroid\b/, 'Android'],
  [/\b(iPhone|iPad)\b/, 'iOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bLinux\b/, 'Linux'],
];

function browserName(userAgent: string): string {
  const named = [BROWSERS, SYSTEMS].map((list) => list.find(([pattern]) => pattern.test(userAgent))?.[1]);
  return named.filter((word) => word !== undefined).join(', ');
}
