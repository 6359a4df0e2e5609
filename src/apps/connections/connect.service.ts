import type { Context } from '../../context';
import type { PatreonTokens } from '../../patreon/oauth';
import type { Actor } from '../accounts/audit.service';
import { storeConnection } from './connection.service';
import { readAccount } from './patreon-account';
import { clientWithToken } from './patreon-client.service';
import type { PatreonCredential } from './patreon-credential.model';

/**
 * Finishes a consent: reads whose account it is and stores the tokens with it, or stores nothing.
 * @throws ConnectionError, PatreonError, RequestsHeldError
 */
export async function completeConnection(
  context: Context,
  credential: PatreonCredential,
  tokens: PatreonTokens,
  actor: Actor,
): Promise<void> {
  const { id, client_id: clientId } = credential;
  const clientFor = clientWithToken(context, { clientId, token: tokens.accessToken });
  const account = await readAccount(clientFor(tokens.scopes));
  await context.knex.transaction((trx) => storeConnection(trx, context, id, { tokens, account, clientId }, actor));
}
