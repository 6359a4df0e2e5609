import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { raw } from 'objection';
import type { Context } from '../../context';
import { SecretUnreadableError } from '../../lib/secret-box';
import { refreshTokens } from '../../patreon/oauth';
import { OAuthError } from '../../patreon/oauth-error';
import { openSecret } from './credential-secrets';
import { type ConnectionFault, isLive, PatreonCredential } from './patreon-credential.model';
import { tokenColumns } from './token-columns';
import { userAgent } from './user-agent';

/**
 * `renewed`: a newer pair is in place, whoever fetched it. `postponed`: not now, the pair in place stays. `refused`: a
 * person has to connect again.
 */
export type RefreshOutcome = 'renewed' | 'postponed' | 'refused';

export interface RefreshRequest {
  /** The access token cannot be used any more, so waiting for a better moment is no option. */
  tokenIsDead: boolean;
  /** A person asked: past failures do not hold it back. */
  isForced?: boolean;
}

/** Longer than a refresh can take: 10 s for the exchange and 15 s for the row lock. */
const INTERRUPTED_AFTER = '30 seconds';
const CHECK_AFTER_MS = 40_000;
const LOCK_TIMEOUT = '15s';
const POLL_MS = 100;
const LONGEST_WAIT_MS = 45_000;
const CLIENT_REFUSED_PAUSE_MS = 60 * 60_000;

const flights = new WeakMap<Context, Map<string, Promise<RefreshOutcome>>>();

/**
 * Trades the refresh token of `seen` for a new pair, once for all processes however many ask at the same time.
 * It uses the main pool: callers of one process share one attempt, so a slow token endpoint takes a single connection of
 * each process, which cannot starve the pages.
 */
export function refresh(context: Context, seen: PatreonCredential, request: RefreshRequest): Promise<RefreshOutcome> {
  const ours = flights.get(context) ?? new Map<string, Promise<RefreshOutcome>>();
  flights.set(context, ours);
  const key = `${seen.id}:${seen.token_version}:${request.tokenIsDead}:${request.isForced === true}`;
  const flight = ours.get(key) ?? refreshOnce(context, seen, request).finally(() => ours.delete(key));
  ours.set(key, flight);
  return flight;
}

async function refreshOnce(
  context: Context,
  seen: PatreonCredential,
  request: RefreshRequest,
): Promise<RefreshOutcome> {
  if (!request.isForced && isPaused(seen, context.clock.now())) return 'postponed';
  const deadline = Date.now() + LONGEST_WAIT_MS;
  while (!(await announce(context, seen))) {
    await markInterruptedRefreshes(context);
    const now = await PatreonCredential.query(context.knex).findById(seen.id);
    if (!now || now.refresh_token === null) return 'refused';
    if (now.token_version !== seen.token_version) return isLive(now) ? 'renewed' : 'refused';
    // Another process is at it. A token that still works is used meanwhile.
    if (!request.tokenIsDead || Date.now() > deadline) return 'postponed';
    await sleep(POLL_MS);
  }
  const outcome = await context.knex.transaction((trx) => exchangeUnderLock(context, trx, seen, request));
  context.log.info({ credentialId: seen.id, outcome }, 'token refresh');
  return outcome;
}

/**
 * Writes down, in a transaction of its own, that a refresh begins: if this process dies before the new pair is stored,
 * the mark stays and tells so. The queued check makes sure that somebody looks. False when somebody else is at it.
 */
async function announce(context: Context, { id, token_version }: PatreonCredential): Promise<boolean> {
  return context.knex.transaction(async (trx) => {
    await trx.raw(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
    const marked = await PatreonCredential.query(trx)
      .where({ id, token_version })
      .whereNull('refresh_started_at')
      .patch({ refresh_started_at: raw('now()') });
    if (marked === 0) return false;
    const runAt = new Date(context.clock.now().getTime() + CHECK_AFTER_MS);
    await context.jobs.enqueue('refresh-tokens', {}, { key: 'refresh-tokens:check', runAt, trx });
    return true;
  });
}

/** The pair is stored before anybody uses it, in the transaction that holds the row. */
async function exchangeUnderLock(
  context: Context,
  trx: Knex.Transaction,
  seen: PatreonCredential,
  request: RefreshRequest,
): Promise<RefreshOutcome> {
  await trx.raw(`set local lock_timeout = '${LOCK_TIMEOUT}'`);
  const credential = await PatreonCredential.query(trx).findById(seen.id).forUpdate();
  if (!credential || credential.token_version !== seen.token_version)
    return credential && isLive(credential) ? 'renewed' : 'refused';
  const store = (fields: object) =>
    PatreonCredential.query(trx)
      .findById(seen.id)
      .patch({ refresh_started_at: null, ...fields });
  const settled = settledAlready(context, credential, request);
  if (settled) {
    await store({});
    return settled;
  }
  try {
    const tokens = await exchange(context, credential);
    await store({ ...tokenColumns(context, credential, tokens), state: 'connected' });
    return 'renewed';
  } catch (error) {
    const { outcome, fields } = afterFailure(context, credential, error, request);
    await store({ ...fields, last_error_at: context.clock.now().toISOString() });
    return outcome;
  }
}

function settledAlready(
  context: Context,
  credential: PatreonCredential,
  { tokenIsDead, isForced }: RefreshRequest,
): RefreshOutcome | null {
  if (credential.refresh_token === null) return 'refused';
  if (isForced) return null;
  if (!isLive(credential)) return 'refused';
  if (isPaused(credential, context.clock.now())) return 'postponed';
  // The refresh token may be spent: trying it could end a grant whose access token still works.
  return credential.state === 'refresh_unknown' && !tokenIsDead ? 'postponed' : null;
}

export function isPaused({ refresh_retry_at }: PatreonCredential, now: Date): boolean {
  return refresh_retry_at !== null && Date.parse(refresh_retry_at) > now.getTime();
}

function exchange(context: Context, credential: PatreonCredential) {
  const { config, secrets } = context;
  return refreshTokens({
    baseUrl: config.patreon.baseUrl,
    userAgent: userAgent(config),
    clientId: credential.client_id,
    clientSecret: openSecret(secrets, 'client_secret', credential),
    refreshToken: openSecret(secrets, 'refresh_token', credential),
    scopes: credential.scopes,
  });
}

interface Failure {
  outcome: RefreshOutcome;
  fields: { state?: 'reconnect_needed' | 'refresh_unknown'; last_error: ConnectionFault; refresh_retry_at?: string };
}

/** Only Patreon's word about the grant ends a connection; trouble on the way never does. */
function afterFailure(
  context: Context,
  credential: PatreonCredential,
  error: unknown,
  request: RefreshRequest,
): Failure {
  if (error instanceof SecretUnreadableError) return reconnect('secret_unreadable');
  if (!(error instanceof OAuthError)) throw error;
  context.log.warn({ err: error, credentialId: credential.id }, 'the token was not refreshed');
  const later = (ms: number) => new Date(context.clock.now().getTime() + ms).toISOString();
  if (error.kind === 'invalid_grant') return reconnect('grant_refused');
  if (error.kind === 'invalid_client' || error.kind === 'invalid_request') {
    if (request.tokenIsDead) return reconnect('client_refused');
    return {
      outcome: 'postponed',
      fields: { last_error: 'client_refused', refresh_retry_at: later(CLIENT_REFUSED_PAUSE_MS) },
    };
  }
  const refresh_retry_at = later(pauseMs(context, credential, error));
  const isAnswerLost = error.outcomeUnknown && (error.status === undefined || error.status === 200);
  if (!isAnswerLost)
    return { outcome: 'postponed', fields: { last_error: 'token_endpoint_unavailable', refresh_retry_at } };
  const fields = { last_error: 'refresh_interrupted', refresh_retry_at } as const;
  return { outcome: 'postponed', fields: isLive(credential) ? { ...fields, state: 'refresh_unknown' } : fields };
}

function reconnect(last_error: ConnectionFault): Failure {
  return { outcome: 'refused', fields: { state: 'reconnect_needed', last_error } };
}

/** A minute, sooner when the token will not live that long, later when Patreon asks for it. */
function pauseMs(
  { clock }: Context,
  { token_expires_at }: PatreonCredential,
  { retryAfterSeconds = 0 }: OAuthError,
): number {
  const remaining =
    token_expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(token_expires_at) - clock.now().getTime();
  return Math.max(Math.min(60_000, Math.max(2_000, remaining / 4)), retryAfterSeconds * 1000);
}

/**
 * Finds refreshes whose process died on the way: the mark is old, the version has not moved and nobody holds the row.
 * Whether Patreon rotated the pair is then unknown. The old access token is used until Patreon refuses it or it expires;
 * only then is the refresh token tried again, which settles the matter.
 */
export async function markInterruptedRefreshes(context: Context): Promise<number> {
  const { rows } = await context.knex.raw<{ rows: { id: number }[] }>(
    `update patreon_credentials
        set refresh_started_at = null, updated_at = now(),
            state = case when state = 'connected' then 'refresh_unknown' else state end,
            last_error = case when state = 'connected' then 'refresh_interrupted' else last_error end,
            last_error_at = case when state = 'connected' then now() else last_error_at end
      where id in (
        select id from patreon_credentials
         where refresh_started_at < now() - interval '${INTERRUPTED_AFTER}' for update skip locked)
      returning id`,
  );
  for (const { id } of rows) context.log.error({ credentialId: id }, 'a token refresh was interrupted');
  return rows.length;
}

/** Ends a connection unless its tokens have changed since `version`: says once that a person has to connect again. */
export async function requireReconnect(
  context: Context,
  id: number,
  version: number,
  last_error: ConnectionFault,
): Promise<void> {
  const changed = await PatreonCredential.query(context.knex)
    .where({ id, token_version: version })
    .whereIn('state', ['connected', 'refresh_unknown'])
    .patch({ state: 'reconnect_needed', last_error, last_error_at: context.clock.now().toISOString() });
  if (changed > 0) context.log.error({ credentialId: id, reason: last_error }, 'Patreon has to be connected again');
}
