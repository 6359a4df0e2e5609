import type { Context } from '../../context';
import { SecretUnreadableError } from '../../lib/secret-box';
import { TOKEN_PATH } from '../../patreon/oauth';
import { PatreonError } from '../../patreon/patreon-error';
import { markInterruptedRefreshes, requireReconnect } from './connection-health.service';
import { openSecret } from './credential-secrets';
import { isLive, PatreonCredential } from './patreon-credential.model';
import { isPaused, refresh } from './token-refresh.service';

export interface TokenInUse {
  token: string;
  version: number;
}

/** The share of its life after which a token is renewed: early enough for days of trouble, late enough to be rare. */
const REFRESH_AT = 0.6;
/** Of a pasted token nobody knows how long it lives. */
const ASSUMED_LIFETIME_MS = 7 * 24 * 60 * 60_000;

/** A token that can be used now. @throws PatreonError `unauthorized` (connect again) or `unavailable` (try later) */
export async function accessToken(context: Context, credentialId: number): Promise<string> {
  return (await tokenInUse(context, credentialId)).token;
}

export async function tokenInUse(context: Context, credentialId: number): Promise<TokenInUse> {
  const credential = await liveCredential(context, credentialId);
  const age = tokenAge(credential, context.clock.now());
  if (age === 'fresh') return opened(context, credential);
  const outcome = await refresh(context, credential, { tokenIsDead: age === 'expired' });
  if (outcome === 'postponed' && age === 'expired') throw tokenUnavailable();
  return opened(context, outcome === 'postponed' ? credential : await liveCredential(context, credentialId));
}

/**
 * Patreon answered 401 to this token: true when a newer one is in place and the request is worth repeating. One refresh
 * at most; a refused one leaves the connection as `reconnect_needed`. @throws PatreonError `unavailable`
 */
export async function renewAfterUnauthorized(
  context: Context,
  credentialId: number,
  refusedVersion: number,
): Promise<boolean> {
  const credential = await PatreonCredential.query(context.knex).findById(credentialId);
  if (!credential || !isLive(credential)) return false;
  if (credential.token_version !== refusedVersion) return true;
  const outcome = await refresh(context, credential, { tokenIsDead: true });
  if (outcome === 'postponed') throw tokenUnavailable();
  return outcome === 'renewed';
}

/** Renews every token that is due. One connection that fails does not keep the others from their turn. */
export async function refreshDueTokens(context: Context): Promise<Record<string, number>> {
  const interrupted = await markInterruptedRefreshes(context);
  const summary = { checked: 0, renewed: 0, postponed: 0, refused: 0, interrupted };
  for (const credential of await PatreonCredential.listWithTokens(context.knex)) {
    summary.checked += 1;
    const age = tokenAge(credential, context.clock.now());
    if (age !== 'fresh') summary[await refresh(context, credential, { tokenIsDead: age === 'expired' })] += 1;
  }
  return summary;
}

/** `due` tokens still work; `expired` ones do not. */
export function tokenAge(credential: PatreonCredential, now: Date): 'fresh' | 'due' | 'expired' {
  const { token_obtained_at, token_expires_at, state } = credential;
  const obtained = Date.parse(token_obtained_at ?? credential.created_at);
  const lifetime = token_expires_at === null ? ASSUMED_LIFETIME_MS : Date.parse(token_expires_at) - obtained;
  if (token_expires_at !== null && now.getTime() >= Date.parse(token_expires_at)) return 'expired';
  if (state === 'refresh_unknown' || isPaused(credential, now)) return 'fresh';
  return now.getTime() >= obtained + lifetime * REFRESH_AT ? 'due' : 'fresh';
}

async function liveCredential(context: Context, id: number): Promise<PatreonCredential> {
  const credential = await PatreonCredential.query(context.knex).findById(id);
  if (!credential || !isLive(credential)) throw connectAgain();
  if (credential.refresh_started_at === null || (await markInterruptedRefreshes(context)) === 0) return credential;
  return PatreonCredential.get(id, context.knex);
}

async function opened(context: Context, credential: PatreonCredential): Promise<TokenInUse> {
  try {
    return { token: openSecret(context.secrets, 'access_token', credential), version: credential.token_version };
  } catch (error) {
    if (!(error instanceof SecretUnreadableError)) throw error;
    await requireReconnect(context, credential.id, credential.token_version, 'secret_unreadable');
    throw connectAgain();
  }
}

function connectAgain(): PatreonError {
  return new PatreonError('unauthorized', { detail: 'Patreon has to be connected again', requestPath: TOKEN_PATH });
}

function tokenUnavailable(): PatreonError {
  return new PatreonError('unavailable', {
    detail: 'the access token cannot be renewed at present',
    requestPath: TOKEN_PATH,
  });
}
