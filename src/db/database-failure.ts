import { ConfigError } from '../config';
import { UnavailableError } from '../errors';
import { isUnavailable } from './unavailable';

/** Of OpenSSL and Node: nobody vouches for the server's certificate, or it is another server's. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/;

/**
 * What has to be mended before the database can be used, for whoever starts a program: a setting, or the server itself.
 * Null for errors of another kind. No value of DATABASE_URL is repeated.
 */
export function databaseFailure(error: unknown): ConfigError | UnavailableError | null {
  const setting = settingAtFault(error);
  if (setting) return new ConfigError([`DATABASE_URL: ${setting}`]);
  if (!isUnavailable(error)) return null;
  const { code } = error as { code?: unknown };
  const reason = typeof code === 'string' ? ` (${code})` : '';
  return new UnavailableError(
    `The database cannot be reached${reason}. Is PostgreSQL running where DATABASE_URL says?`,
  );
}

function settingAtFault(error: unknown): string | null {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (code === '28P01' || code === '28000') return 'PostgreSQL refuses this user or password';
  if (code === '3D000') return 'PostgreSQL has no database of this name';
  if (message === 'The server does not support SSL connections')
    return 'the server offers no TLS; where the network is trusted, add sslmode=disable';
  if (typeof code === 'string' && CERTIFICATE.test(code))
    return `the server's certificate cannot be verified (${code}); name its authority with sslrootcert=FILE, or, where the network is trusted, set sslmode=no-verify (also as PGSSLMODE)`;
  return null;
}
