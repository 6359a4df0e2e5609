import { AppError } from '../../errors';
import { OAuthError } from '../../patreon/oauth-error';
import { PatreonError } from '../../patreon/patreon-error';
import { RequestsHeldError } from './request-holds.service';

/** Why a connection was not made. The pages have a sentence for each that says what to do. */
export type ConnectionRefusal =
  | 'budget_spent'
  | 'campaign_taken'
  | 'client_refused'
  | 'code_refused'
  | 'credential_changed'
  | 'no_campaign'
  | 'other_account'
  | 'requests_held'
  | 'secret_unreadable'
  | 'token_refused'
  | 'unavailable';

/** Nothing was stored. */
export class ConnectionError extends AppError {
  constructor(readonly refusal: ConnectionRefusal) {
    super(409, refusal, 'The connection to Patreon was not made.');
  }
}

/** Patreon's answer in our words. @throws the error itself when it is none of Patreon's. */
export function connectionRefusal(error: unknown): ConnectionRefusal {
  if (error instanceof ConnectionError) return error.refusal;
  if (error instanceof RequestsHeldError) return error.reason === 'budget_spent' ? 'budget_spent' : 'requests_held';
  if (error instanceof PatreonError) {
    return error.kind === 'unauthorized' || error.kind === 'forbidden' ? 'token_refused' : 'unavailable';
  }
  if (error instanceof OAuthError) return oauthRefusal(error);
  throw error;
}

function oauthRefusal({ kind }: OAuthError): ConnectionRefusal {
  if (kind === 'invalid_grant') return 'code_refused';
  return kind === 'invalid_client' || kind === 'invalid_request' ? 'client_refused' : 'unavailable';
}
