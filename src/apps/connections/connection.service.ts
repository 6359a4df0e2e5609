import type { Knex } from 'knex';
import type { Context } from '../../context';
import { type Actor, recordAudit, SYSTEM } from '../accounts/audit.service';
import { ConnectionError } from './connection-error';
import { type ClientFor, campaignLabel, type PatreonAccount, readAccount, tryScopes } from './patreon-account';
import { PatreonCredential } from './patreon-credential.model';
import { noTokenColumns, type TokenPair, tokenColumns } from './token-columns';

export interface NewConnection {
  tokens: TokenPair;
  account: PatreonAccount;
  /** Refused if the credential has changed since: the tokens belong to the client that it named then. */
  clientId: string;
}

/**
 * Stores a pair that was just granted, together with whose it is and which campaigns it reads: all of it or nothing.
 * @throws ConnectionError `campaign_taken` or `other_account`
 */
export async function storeConnection(
  trx: Knex.Transaction,
  context: Context,
  id: number,
  { tokens, account, clientId }: NewConnection,
  actor: Actor,
): Promise<void> {
  const credential = await PatreonCredential.lock(id, trx);
  if (credential.client_id !== clientId) throw new ConnectionError('credential_changed');
  await attachCampaigns(trx, credential, account);
  const now = context.clock.now().toISOString();
  await PatreonCredential.query(trx)
    .findById(id)
    .patch({
      ...tokenColumns(context, credential, tokens),
      ...accountColumns(account),
      state: 'connected',
      connected_at: now,
      disconnected_at: null,
    });
  const details = { patreon_user_id: account.user.id, scopes: tokens.scopes };
  await recordAudit(trx, { ...actor, action: 'credential.connected', subject: subjectOf(id), details });
}

function accountColumns({ user }: PatreonAccount) {
  return { patreon_user_id: user.id, patreon_user_name: user.full_name };
}

/** A campaign that another credential reads stays there; two readers would overwrite one another's rows. */
async function attachCampaigns(
  trx: Knex.Transaction,
  credential: PatreonCredential,
  { user, campaigns }: PatreonAccount,
): Promise<void> {
  const { id: credential_id, patreon_user_id } = credential;
  const former = await trx('patreon_credential_campaigns').where({ credential_id }).delete();
  // The rows that are mirrored under this credential are the former person's: another person gets another credential.
  if (former > 0 && patreon_user_id !== null && patreon_user_id !== user.id) throw new ConnectionError('other_account');
  const rows = campaigns.map((campaign) => ({
    patreon_campaign_id: campaign.id,
    credential_id,
    name: campaignLabel(campaign),
  }));
  const attached = await trx('patreon_credential_campaigns')
    .insert(rows)
    .onConflict()
    .ignore()
    .returning('patreon_campaign_id');
  if (attached.length < rows.length) throw new ConnectionError('campaign_taken');
}

/**
 * For a pair that nobody has tried yet: reads whose it is and what it may read, and stores that. Answers the scopes.
 * An account that cannot be read here takes the connection out of use. @throws ConnectionError, PatreonError
 */
export async function learnConnection(
  context: Context,
  credential: PatreonCredential,
  { client, tryingClient }: { client: ClientFor; tryingClient: ClientFor },
): Promise<string[]> {
  const { id } = credential;
  try {
    const account = await readAccount(client([]));
    const scopes = await tryScopes(tryingClient, account);
    await context.knex.transaction(async (trx) => {
      const now = await PatreonCredential.lock(id, trx);
      await attachCampaigns(trx, now, account);
      const campaign_name = account.campaigns.map(campaignLabel).join(', ').slice(0, 200);
      const name = now.source === 'environment' ? { campaign_name } : {};
      await PatreonCredential.query(trx)
        .findById(id)
        .patch({ ...accountColumns(account), ...name, scopes });
    });
    return scopes;
  } catch (error) {
    const reason = error instanceof ConnectionError ? error.refusal : null;
    if (reason !== 'campaign_taken' && reason !== 'no_campaign' && reason !== 'other_account') throw error;
    const fields = {
      state: 'not_connected',
      last_error: reason,
      last_error_at: context.clock.now().toISOString(),
    } as const;
    await PatreonCredential.query(context.knex).where({ id, token_version: credential.token_version }).patch(fields);
    await recordAudit(context, {
      ...SYSTEM,
      action: 'credential.refused',
      subject: subjectOf(id),
      details: { reason },
    });
    throw error;
  }
}

/**
 * Erases the tokens here and lets the campaigns go; what was mirrored stays. Patreon has no address for revoking a
 * grant: the creator does that in their own settings. Repeating it changes nothing.
 */
export async function disconnect(context: Context, id: number, actor: Actor): Promise<void> {
  await context.knex.transaction(async (trx) => {
    const credential = await PatreonCredential.lock(id, trx);
    if (credential.state === 'disconnected') return;
    await trx('patreon_credential_campaigns').where({ credential_id: id }).delete();
    await trx('oauth_states').where({ credential_id: id }).delete();
    const now = context.clock.now().toISOString();
    await PatreonCredential.query(trx)
      .findById(id)
      .patch({ ...noTokenColumns(credential), state: 'disconnected', disconnected_at: now, updated_at: now });
    await recordAudit(trx, { ...actor, action: 'credential.disconnected', subject: subjectOf(id) });
  });
}

export function subjectOf(id: number): { type: string; id: number } {
  return { type: 'patreon_credential', id };
}
