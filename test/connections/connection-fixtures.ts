import { sealSecret } from '../../src/apps/connections/credential-secrets';
import { PatreonCredential } from '../../src/apps/connections/patreon-credential.model';
import { tokenColumns } from '../../src/apps/connections/token-columns';
import type { Context } from '../../src/context';
import { WANTED_SCOPES } from '../../src/patreon/oauth';
import type { MintedTokens } from '../support/sandbox-control';

export const CLIENT = { id: 'sandbox-client', secret: 'sandbox-secret' };

/** A credential as the form stores it, without a connection. */
export async function insertCredential(
  context: Context,
  fields: Partial<PatreonCredential> = {},
): Promise<PatreonCredential> {
  const { id } = await PatreonCredential.query(context.knex).insert({
    campaign_name: 'Quill Workshop',
    client_id: CLIENT.id,
    redirect_uri: `${context.config.http.publicUrl}/patreon/oauth/callback/`,
    ...fields,
  });
  const client_secret = sealSecret(context.secrets, 'client_secret', id, CLIENT.secret);
  return PatreonCredential.query(context.knex).patchAndFetchById(id, { client_secret });
}

/** A connected credential over a pair that the sandbox minted; `expiresIn` as Patreon would have said. */
export async function insertConnection(
  context: Context,
  tokens: MintedTokens,
  { expiresIn = 1_000, scopes = [...WANTED_SCOPES] }: { expiresIn?: number; scopes?: string[] } = {},
): Promise<PatreonCredential> {
  const credential = await insertCredential(context);
  const pair = { accessToken: tokens.access_token, refreshToken: tokens.refresh_token, expiresIn, scopes };
  return PatreonCredential.query(context.knex).patchAndFetchById(credential.id, {
    ...tokenColumns(context, credential, pair),
    state: 'connected',
  });
}

/** Empties what the tests of this folder write. */
export async function forgetConnections({ knex }: Context): Promise<void> {
  for (const table of ['sync_locks', 'sync_runs', 'patreon_campaigns', 'patreon_credentials', 'rate_limits'])
    await knex(table).delete();
}

/** Everything that a dump of the credentials would hold. */
export async function dump({ knex }: Context): Promise<string> {
  const { rows } = await knex.raw('select string_agg(c::text, chr(10)) as dump from patreon_credentials c');
  return rows[0].dump ?? '';
}
