import { describeAnswer, parseJson, readErrors, retryAfterOf } from './error-document';
import { type HttpAnswer, sendRequest, TransportFailure } from './http-request';
import { isObject } from './is-object';
import { OAuthError, type OAuthErrorKind } from './oauth-error';

/** What the panel asks for at connecting. Compare with the scopes granted and turn features off one by one. */
export const WANTED_SCOPES: readonly string[] = [
  'identity',
  'identity[email]',
  'campaigns',
  'campaigns.members',
  'campaigns.members[email]',
  'campaigns.members.address',
  'campaigns.posts',
  'w:campaigns.webhook',
];

export const AUTHORIZE_PATH = '/oauth2/authorize';
export const TOKEN_PATH = '/api/oauth2/token';

const DEADLINE_MS = 10_000;
const MAX_BYTES = 64 * 1024;
const MIN_EXPIRES_IN = 60 * 60;
const MAX_EXPIRES_IN = 31 * 24 * 60 * 60;

export interface PatreonTokens {
  accessToken: string;
  /** Changes with every refresh; the former one is dead at once. */
  refreshToken: string;
  /** Life of the access token in seconds. */
  expiresIn: number;
  /** Scopes held in fact. */
  scopes: string[];
}

interface TokenRequestOptions {
  baseUrl: string;
  userAgent: string;
  clientId: string;
  clientSecret: string;
  /** Scopes to assume when the answer names none, which by OAuth means "as asked" or "as before". */
  scopes?: readonly string[];
  fetch?: typeof fetch;
  signal?: AbortSignal;
  timeoutMs?: number;
}

/** Address of the consent page. `state` must be bound to the person's session and used once. */
export function authorizeUrl(options: {
  baseUrl: string;
  clientId: string;
  redirectUri: string;
  state: string;
  scopes?: readonly string[];
}): string {
  const url = new URL(AUTHORIZE_PATH, options.baseUrl);
  const query = {
    response_type: 'code',
    client_id: options.clientId,
    redirect_uri: options.redirectUri,
    scope: (options.scopes ?? WANTED_SCOPES).join(' '),
    state: options.state,
  };
  // encodeURIComponent writes the space between scopes as %20; URLSearchParams would write a plus sign.
  url.search = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return url.href;
}

/** Trades the code of a consent for tokens. Codes work once. Throws OAuthError. */
export function exchangeCode(
  options: TokenRequestOptions & { code: string; redirectUri: string },
): Promise<PatreonTokens> {
  const { code, redirectUri } = options;
  return requestTokens(options, { grant_type: 'authorization_code', code, redirect_uri: redirectUri });
}

/**
 * Trades the refresh token for a new pair. Never repeated by itself: a second use of the same token is refused.
 * Hold the row lock, call, store the pair, and only then use it. Throws OAuthError.
 */
export function refreshTokens(options: TokenRequestOptions & { refreshToken: string }): Promise<PatreonTokens> {
  const { refreshToken } = options;
  return requestTokens(options, { grant_type: 'refresh_token', refresh_token: refreshToken });
}

async function requestTokens(options: TokenRequestOptions, grant: Record<string, string>): Promise<PatreonTokens> {
  const form = { ...grant, client_id: options.clientId, client_secret: options.clientSecret };
  const answer = await post(options, new URLSearchParams(form).toString());
  const json = parseJson(answer);
  if (answer.status !== 200) throw refusal(answer, json, Object.values(form));
  const tokens = readTokens(json, options, grant.refresh_token);
  if (tokens !== null) return tokens;
  throw new OAuthError('unavailable', {
    detail: 'answer without usable tokens',
    status: answer.status,
    outcomeUnknown: true,
  });
}

async function post(options: TokenRequestOptions, body: string): Promise<HttpAnswer> {
  try {
    return await sendRequest({
      fetch: options.fetch ?? fetch,
      url: new URL(TOKEN_PATH, options.baseUrl),
      init: {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'User-Agent': options.userAgent },
        body,
      },
      timeoutMs: options.timeoutMs ?? DEADLINE_MS,
      maxBytes: MAX_BYTES,
      signal: options.signal,
    });
  } catch (error) {
    if (!(error instanceof TransportFailure)) throw error;
    throw new OAuthError('unavailable', { detail: error.message, outcomeUnknown: !error.neverSent });
  }
}

function refusal(answer: HttpAnswer, json: unknown, secrets: readonly string[]): OAuthError {
  const { status } = answer;
  const word = isObject(json) && typeof json.error === 'string' ? json.error : null;
  const errors = readErrors(json);
  const detail = word ?? describeAnswer(answer, errors);
  return new OAuthError(refusalKind(status, word), {
    detail: secrets.filter(Boolean).reduce((safe, secret) => safe.replaceAll(secret, '[hidden]'), detail.slice(0, 300)),
    status,
    retryAfterSeconds: retryAfterOf(answer, errors, Date.now()) ?? undefined,
    outcomeUnknown: status >= 500,
  });
}

/** A dead grant is concluded from the flat OAuth error word alone, never from a status or a page. */
function refusalKind(status: number, word: string | null): OAuthErrorKind {
  if (status === 403) return 'blocked';
  if ((status !== 400 && status !== 401) || word === null) return 'unavailable';
  return word === 'invalid_grant' || word === 'invalid_client' ? word : 'invalid_request';
}

function readTokens(json: unknown, options: TokenRequestOptions, formerRefreshToken?: string): PatreonTokens | null {
  if (!isObject(json)) return null;
  const { access_token: accessToken, refresh_token: refreshToken = formerRefreshToken, scope } = json;
  if (!isToken(accessToken) || !isToken(refreshToken)) return null;
  const scopes = typeof scope === 'string' ? scope.split(/\s+/).filter(Boolean) : [...(options.scopes ?? [])];
  return { accessToken, refreshToken, expiresIn: readExpiresIn(json.expires_in), scopes };
}

/** Tokens travel in a header, so anything but printable ASCII is no token. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,4000}$/.test(value);
}

/** As stated, up to 31 days. What is missing or not positive becomes one hour: refreshing early is the safe mistake. */
function readExpiresIn(value: unknown): number {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 1) return MIN_EXPIRES_IN;
  return Math.min(MAX_EXPIRES_IN, Math.floor(seconds));
}
