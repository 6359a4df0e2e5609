import type { Context } from '../../context';
import { SecretUnreadableError } from '../../lib/secret-box';
import { OAuthError } from '../../patreon/oauth-error';
import { type ConnectionFault, isLive, type PatreonCredential } from './patreon-credential.model';

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

const CLIENT_REFUSED_PAUSE_MS = 60 * 60_000;

interface Failure {
  outcome: RefreshOutcome;
  fields: { state?: 'reconnect_needed' | 'refresh_unknown'; last_error: ConnectionFault; refresh_retry_at?: string };
}

/** What to store after a refresh that brought nothing. Only Patreon's word about the grant ends a connection; trouble on the way never does. */
export function afterFailure(
  context: Context,
  credential: PatreonCredential,
  error: unknown,
  request: RefreshRequest,
): Failure {
  const failure = failureOf(context, credential, error, request);
  const { outcome, fields } = failure;
  if (outcome === 'refused')
    context.log.error({ credentialId: credential.id, reason: fields.last_error }, 'Patreon has to be connected again');
  else context.log.warn({ err: error, credentialId: credential.id }, 'the token was not refreshed');
  return failure;
}

function failureOf(context: Context, credential: PatreonCredential, error: unknown, request: RefreshRequest): Failure {
  if (error instanceof SecretUnreadableError) return reconnect('secret_unreadable');
  if (!(error instanceof OAuthError)) throw error;
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
