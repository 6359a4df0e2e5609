import type { Context } from '../../context';
import { sealSecret } from './credential-secrets';
import type { PatreonCredential } from './patreon-credential.model';

/** A pair as Patreon granted it or as somebody pasted it. */
export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  /** Seconds from now; undefined for a pasted pair, which does not say. */
  expiresIn?: number;
  /** Empty while unknown. */
  scopes: string[];
}

/** The columns that hold a new pair. Every earlier trouble with tokens is over with it. */
export function tokenColumns(
  { secrets, clock }: Context,
  { id, token_version }: Pick<PatreonCredential, 'id' | 'token_version'>,
  { accessToken, refreshToken, expiresIn, scopes }: TokenPair,
) {
  const now = clock.now().getTime();
  return {
    access_token: sealSecret(secrets, 'access_token', id, accessToken),
    refresh_token: sealSecret(secrets, 'refresh_token', id, refreshToken),
    token_obtained_at: new Date(now).toISOString(),
    token_expires_at: expiresIn === undefined ? null : new Date(now + expiresIn * 1000).toISOString(),
    token_version: token_version + 1,
    scopes,
    refresh_started_at: null,
    refresh_retry_at: null,
    last_error: null,
    last_error_at: null,
    updated_at: new Date(now).toISOString(),
  };
}

/** The same columns with nothing in them. The version moves, so that a refresh under way does not bring the pair back. */
export function noTokenColumns({ token_version }: Pick<PatreonCredential, 'token_version'>) {
  return {
    access_token: null,
    refresh_token: null,
    token_obtained_at: null,
    token_expires_at: null,
    token_version: token_version + 1,
    scopes: [] as string[],
    refresh_started_at: null,
    refresh_retry_at: null,
    last_error: null,
    last_error_at: null,
  };
}
