import { createHash } from 'node:crypto';
import type { Request } from 'express';

export interface RequestEntry {
  at: string;
  method: string;
  /** With the query, except where the query may carry a secret. */
  path: string;
  status: number;
  ms: number;
  /** A digest of the bearer token: tells tokens apart without keeping them. */
  token: string | null;
  user_agent: string | null;
  /** Rules that the client broke. */
  violations: string[];
  /** The fault that was answered instead, if any. */
  fault: string | null;
}

const CAPACITY = 1000;
const KNOWN_PARAMETER = /^(include|page\[(count|cursor)\]|fields\[[^\]]*\])$/;

/** Tells secrets apart without showing them. */
export const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

export const bearerOf = (request: Request): string | undefined =>
  /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];

function brokenRules(request: Request): string[] {
  const [path = '', query = ''] = request.originalUrl.split('?');
  const broken: string[] = [];
  if (path.startsWith('/api/') && !request.get('user-agent')) broken.push('no User-Agent');
  if (path === '/api/oauth2/token' && /(^|&)(client_secret|code|refresh_token)=/.test(query)) {
    broken.push('secret in the query');
  }
  if (!path.startsWith('/api/oauth2/v2/')) return broken;
  if (/[[\]]/.test(query)) broken.push('brackets not percent-encoded');
  for (const name of new URLSearchParams(query).keys()) {
    if (!KNOWN_PARAMETER.test(name)) broken.push(`parameter ${name} has no effect`);
  }
  return broken;
}

/** The latest requests, oldest first. */
export class RequestLog {
  private entries: RequestEntry[] = [];

  open(request: Request, now: number): RequestEntry {
    const bearer = bearerOf(request);
    const isSecret = /^\/(api\/oauth2\/token|oauth2\/)/.test(request.originalUrl);
    const entry: RequestEntry = {
      at: new Date(now).toISOString(),
      method: request.method,
      path: isSecret ? request.path : request.originalUrl,
      status: 0,
      ms: 0,
      token: bearer === undefined ? null : digest(bearer),
      user_agent: request.get('user-agent') ?? null,
      violations: brokenRules(request),
      fault: null,
    };
    this.entries.push(entry);
    if (this.entries.length > 2 * CAPACITY) this.entries = this.entries.slice(-CAPACITY);
    return entry;
  }

  list(): RequestEntry[] {
    return this.entries.slice(-CAPACITY);
  }

  clear(): void {
    this.entries = [];
  }
}
