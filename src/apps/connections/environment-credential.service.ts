import type { Knex } from 'knex';
import type { Context } from '../../context';
import { SecretUnreadableError } from '../../lib/secret-box';
import { recordAudit, SYSTEM } from '../accounts/audit.service';
import { CALLBACK_PATH } from './callback-paths';
import { subjectOf } from './connection.service';
import { openSecret, sealSecret } from './credential-secrets';
import { PatreonCredential } from './patreon-credential.model';
import { noTokenColumns, tokenColumns } from './token-columns';

/**
 * Keeps one credential for PATREON_CLIENT_ID and its companions; to be called at every start, by any number of processes.
 * The pair of the environment is taken only when it was replaced there: the stored one has moved on since, and what it
 * was made from is dead. Answers the credential's id, null when the environment names neither a client nor a pair.
 */
export async function ensureEnvironmentCredential(context: Context): Promise<number | null> {
  const client = environmentClient(context);
  return context.knex.transaction(async (trx) => {
    if (!client) {
      // Nobody answers for it any more: from now on it is an ordinary credential that can be changed and deleted.
      await PatreonCredential.query(trx)
        .where({ source: 'environment' })
        .patch({ source: 'panel', environment_digest: null });
      return null;
    }
    const credential = await lockEnvironmentRow(context, trx, client.clientId);
    await takeOver(context, trx, credential, client);
    return credential.id;
  });
}

interface EnvironmentClient {
  clientId: string;
  clientSecret: string;
}

/** A token pair reads for as long as it lives even where no client is named; only renewing it needs one. */
function environmentClient({ config }: Context): EnvironmentClient | null {
  const { clientId, clientSecret, creatorAccessToken } = config.patreon;
  if (clientId && clientSecret) return { clientId, clientSecret };
  return creatorAccessToken ? { clientId: clientId ?? '', clientSecret: '' } : null;
}

async function lockEnvironmentRow(
  { config }: Context,
  trx: Knex.Transaction,
  clientId: string,
): Promise<PatreonCredential> {
  await trx('patreon_credentials')
    .insert({
      source: 'environment',
      campaign_name: 'Patreon',
      client_id: clientId,
      redirect_uri: config.http.publicUrl + CALLBACK_PATH,
    })
    .onConflict(trx.raw(`(source) where source = 'environment'`))
    .ignore();
  return PatreonCredential.query(trx).findOne({ source: 'environment' }).forUpdate().throwIfNotFound();
}

async function takeOver(
  context: Context,
  trx: Knex.Transaction,
  credential: PatreonCredential,
  { clientId, clientSecret }: EnvironmentClient,
): Promise<void> {
  const { secrets, config } = context;
  const { id, environment_digest } = credential;
  const { creatorAccessToken: accessToken, creatorRefreshToken: refreshToken } = config.patreon;
  const pair = accessToken && refreshToken ? { accessToken, refreshToken } : null;
  const digest = secrets.digest(JSON.stringify([clientId, pair]), `patreon_credentials|environment_digest|${id}`);
  const client = {
    client_id: clientId,
    redirect_uri: config.http.publicUrl + CALLBACK_PATH,
    ...(isStoredSecret(context, credential, clientSecret)
      ? {}
      : { client_secret: sealSecret(secrets, 'client_secret', id, clientSecret) }),
  };
  await PatreonCredential.query(trx).findById(id).patch(client);
  if (digest === environment_digest) return giveAnotherTry(trx, credential);
  const tokens = pair
    ? { ...tokenColumns(context, credential, { ...pair, scopes: [] }), state: 'connected' as const }
    : null;
  const isFirst = environment_digest === null;
  // A pair that was merely taken out of the environment leaves what was made from it in use.
  const withoutPair =
    isFirst || credential.client_id === clientId
      ? {}
      : { ...noTokenColumns(credential), state: 'not_connected' as const };
  await PatreonCredential.query(trx)
    .findById(id)
    .patch({ ...(tokens ?? withoutPair), environment_digest: digest });
  const details = { replaced: tokens ? ['tokens'] : ['client_id'] };
  await recordAudit(trx, { ...SYSTEM, action: 'credential.changed', subject: subjectOf(id), details });
}

/** Its campaign belonged to another credential at the last start; that may be over. */
async function giveAnotherTry(trx: Knex.Transaction, { id, state, access_token }: PatreonCredential): Promise<void> {
  if (state !== 'not_connected' || access_token === null) return;
  await PatreonCredential.query(trx).findById(id).patch({ state: 'connected', last_error: null, last_error_at: null });
}

function isStoredSecret({ secrets }: Context, credential: PatreonCredential, clientSecret: string): boolean {
  try {
    return credential.client_secret !== null && openSecret(secrets, 'client_secret', credential) === clientSecret;
  } catch (error) {
    if (error instanceof SecretUnreadableError) return false;
    throw error;
  }
}
