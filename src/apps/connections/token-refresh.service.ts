import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { raw } from 'objection';
import type { Context } from '../../context';
import { refreshTokens } from '../../patreon/oauth';
import { markInterruptedRefreshes } from './connection-health.service';
import { openSecret } from './credential-secrets';
import { isLive, PatreonCredential } from './patreon-credential.model';
import { afterFailure, type RefreshOutcome, type RefreshRequest } from './refresh-outcome';
import { tokenColumns } from './token-columns';
import { userAgent } from './user-agent';

/** When the mark of a process that died is old enough to be told from one at work. */
const CHECK_AFTER_MS = 40_000;
const LOCK_TIMEOUT = '15s';
const POLL_MS = 100;
const LONGEST_WAIT_MS = 45_000;

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
