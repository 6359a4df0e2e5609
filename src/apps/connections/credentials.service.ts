import type { Context } from '../../context';
import { ConflictError, ValidationError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { type NewConnection, storeConnection, subjectOf } from './connection.service';
import { connectionRefusal } from './connection-error';
import { sealSecret } from './credential-secrets';
import type { CredentialForm, NewCredentialForm } from './credentials.schemas';
import { readAccount, tryScopes } from './patreon-account';
import { clientWithToken } from './patreon-client.service';
import { PatreonCredential } from './patreon-credential.model';
import type { RefreshOutcome } from './refresh-outcome';
import { tokenAge } from './token.service';
import { noTokenColumns } from './token-columns';
import { refresh } from './token-refresh.service';

export interface SavedCredential {
  id: number;
  /** A pair came with the form, was tried and is in use. */
  isConnected: boolean;
}

/** @throws ValidationError, also when Patreon refuses the pair; nothing is stored then. */
export async function createCredential(
  context: Context,
  form: NewCredentialForm,
  actor: Actor,
): Promise<SavedCredential> {
  const { client_id, campaign_name, redirect_uri, client_secret } = form;
  const connection = await tryPair(context, form);
  return saved(() =>
    context.knex.transaction(async (trx) => {
      const { id } = await PatreonCredential.query(trx).insert({ client_id, campaign_name, redirect_uri });
      await PatreonCredential.query(trx)
        .findById(id)
        .patch({ client_secret: sealSecret(context.secrets, 'client_secret', id, client_secret) });
      await recordAudit(trx, { ...actor, action: 'credential.created', subject: subjectOf(id) });
      if (connection) await storeConnection(trx, context, id, connection, actor);
      return { id, isConnected: connection !== null };
    }),
  );
}

/** @throws ValidationError; ConflictError for the credential of the environment. */
export async function updateCredential(
  context: Context,
  id: number,
  form: CredentialForm,
  actor: Actor,
): Promise<SavedCredential> {
  const before = await PatreonCredential.get(id, context.knex);
  requirePanel(before);
  if (form.client_id !== before.client_id && !form.client_secret) {
    throw new ValidationError({ client_secret: 'connections:errors.secretOfNewClient' });
  }
  const connection = await tryPair(context, form);
  return saved(() =>
    context.knex.transaction(async (trx) => {
      const credential = await PatreonCredential.lock(id, trx);
      const fields = changedColumns(context, credential, form);
      await PatreonCredential.query(trx)
        .findById(id)
        .patch({ ...fields, updated_at: context.clock.now().toISOString() });
      await recordAudit(trx, {
        ...actor,
        action: 'credential.changed',
        subject: subjectOf(id),
        details: { fields: Object.keys(fields) },
      });
      if (connection) await storeConnection(trx, context, id, connection, actor);
      return { id, isConnected: connection !== null };
    }),
  );
}

/** Tokens belong to the client that they were granted to; a corrected secret gives a refused refresh another chance. */
function changedColumns(
  { secrets }: Context,
  credential: PatreonCredential,
  form: CredentialForm,
): Partial<PatreonCredential> {
  const { client_id, client_secret, campaign_name, redirect_uri } = form;
  const fields: Partial<PatreonCredential> = {};
  if (campaign_name !== credential.campaign_name) fields.campaign_name = campaign_name;
  if (redirect_uri !== credential.redirect_uri) fields.redirect_uri = redirect_uri;
  if (client_secret) fields.client_secret = sealSecret(secrets, 'client_secret', credential.id, client_secret);
  if (client_id !== credential.client_id) {
    const isUnused = credential.state === 'disconnected' || credential.access_token === null;
    return { ...fields, client_id, ...noTokenColumns(credential), ...(isUnused ? {} : { state: 'not_connected' }) };
  }
  if (!client_secret || credential.last_error !== 'client_refused') return fields;
  return { ...fields, state: 'connected', refresh_retry_at: null, last_error: null, last_error_at: null };
}

/** Removes the credential with its tokens; campaigns and all that is mirrored stay. The name has to be typed. */
export async function deleteCredential(
  context: Context,
  id: number,
  confirmation: string,
  actor: Actor,
): Promise<PatreonCredential> {
  return context.knex.transaction(async (trx) => {
    const credential = await PatreonCredential.lock(id, trx);
    requirePanel(credential);
    if (confirmation !== credential.campaign_name) throw new ValidationError({ confirm: 'connections:errors.confirm' });
    await PatreonCredential.query(trx).deleteById(id);
    await recordAudit(trx, { ...actor, action: 'credential.deleted', subject: subjectOf(id) });
    return credential;
  });
}

/** A person wants a new pair now, whatever happened before. @throws ConflictError when there is nothing to renew. */
export async function refreshNow(context: Context, id: number, actor: Actor): Promise<RefreshOutcome> {
  const credential = await PatreonCredential.get(id, context.knex);
  if (credential.refresh_token === null)
    throw new ConflictError('This credential is not connected, so there is no token to renew.', 'not_connected');
  const isUsable = credential.state !== 'reconnect_needed' && tokenAge(credential, context.clock.now()) !== 'expired';
  const outcome = await refresh(context, credential, { tokenIsDead: !isUsable, isForced: true });
  await recordAudit(context, {
    ...actor,
    action: 'credential.refreshed',
    subject: subjectOf(id),
    details: { outcome },
  });
  return outcome;
}

function requirePanel({ source }: PatreonCredential): void {
  if (source === 'panel') return;
  throw new ConflictError(
    'This credential comes from the environment variables. Change it there and restart.',
    'environment_credential',
  );
}

/** Reads with the pasted pair before anything is stored. Null when the form has none. @throws ValidationError */
async function tryPair(context: Context, form: CredentialForm): Promise<NewConnection | null> {
  const { client_id: clientId, creator_access_token: accessToken, creator_refresh_token: refreshToken } = form;
  if (!accessToken || !refreshToken) return null;
  return saved(async () => {
    const clientFor = clientWithToken(context, { clientId, token: accessToken });
    const account = await readAccount(clientFor([]));
    const scopes = await tryScopes(clientFor, account);
    return { clientId, account, tokens: { accessToken, refreshToken, scopes } };
  });
}

/** A refusal belongs to the form: to the token's field where the token is the reason. */
async function saved<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ConflictError || error instanceof ValidationError) throw error;
    const refusal = connectionRefusal(error);
    const field = refusal === 'token_refused' || refusal === 'no_campaign' ? 'creator_access_token' : 'form';
    throw new ValidationError({ [field]: `connections:refusal.${refusal}` });
  }
}
