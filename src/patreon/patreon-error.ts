export type PatreonErrorKind =
  | 'unauthorized'
  | 'forbidden'
  | 'blocked'
  | 'not_found'
  | 'rate_limited'
  | 'unavailable'
  | 'invalid_answer'
  | 'invalid_request'
  | 'cursor_expired'
  | 'cancelled';

const PERMANENT_KINDS: ReadonlySet<PatreonErrorKind> = new Set([
  'unauthorized',
  'forbidden',
  'not_found',
  'invalid_request',
]);

export interface PatreonErrorDetails {
  /** Short and safe to log: never a token, never more than the start of a body. */
  detail: string;
  /** Path without query values. */
  requestPath: string;
  status?: number;
  retryAfterSeconds?: number;
}

/**
 * A read from Patreon that failed, after the client's own retries.
 * `permanent` says that repeating the same read later cannot help until a person or another token changes something.
 * Kinds that are easily confused: `forbidden` is Patreon's own refusal of one object, `blocked` is the edge
 * refusing us with a page (the token is fine); `cursor_expired` asks for the list to be restarted.
 */
export class PatreonError extends Error {
  readonly kind: PatreonErrorKind;
  readonly permanent: boolean;
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  readonly requestPath: string;
  readonly detail: string;

  constructor(kind: PatreonErrorKind, { detail, requestPath, status, retryAfterSeconds }: PatreonErrorDetails) {
    super(`Patreon ${kind} on ${requestPath}${status === undefined ? '' : ` (${status})`}: ${detail}`);
    this.name = 'PatreonError';
    this.kind = kind;
    this.permanent = PERMANENT_KINDS.has(kind);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
    this.requestPath = requestPath;
    this.detail = detail;
  }
}
