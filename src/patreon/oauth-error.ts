export type OAuthErrorKind = 'invalid_grant' | 'invalid_client' | 'invalid_request' | 'unavailable' | 'blocked';

export interface OAuthErrorDetails {
  /** Short and safe to log. */
  detail: string;
  status?: number;
  retryAfterSeconds?: number;
  outcomeUnknown?: boolean;
}

/**
 * The token endpoint gave no tokens. Only `invalid_grant` means that the code or the refresh token is dead and a person
 * has to connect again; `unavailable` and `blocked` say nothing about it.
 */
export class OAuthError extends Error {
  readonly kind: OAuthErrorKind;
  readonly permanent: boolean;
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  /** Patreon may have spent the code or rotated the tokens although we did not learn the new ones. */
  readonly outcomeUnknown: boolean;
  readonly detail: string;

  constructor(kind: OAuthErrorKind, { detail, status, retryAfterSeconds, outcomeUnknown = false }: OAuthErrorDetails) {
    super(`Patreon token endpoint ${kind}${status === undefined ? '' : ` (${status})`}: ${detail}`);
    this.name = 'OAuthError';
    this.kind = kind;
    this.permanent = kind !== 'unavailable' && kind !== 'blocked';
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
    this.outcomeUnknown = outcomeUnknown;
    this.detail = detail;
  }
}
