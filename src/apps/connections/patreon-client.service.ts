import type { Context } from '../../context';
import {
  createPatreonClient,
  type DroppedName,
  type PatreonClient,
  type PatreonClientOptions,
} from '../../patreon/client';
import { PatreonError } from '../../patreon/patreon-error';
import { learnConnection } from './connection.service';
import { requireReconnect } from './connection-health.service';
import { guardedClient } from './guarded-client';
import type { ClientFor } from './patreon-account';
import { isLive, PatreonCredential } from './patreon-credential.model';
import { countUsage } from './request-budget.service';
import { type GateOptions, requestGate } from './request-gate.service';
import { RequestsHeldError } from './request-holds.service';
import type { GateSubject } from './request-limiters';
import { renewAfterUnauthorized, tokenInUse } from './token.service';
import { userAgent } from './user-agent';

const TRIAL_MS = 20_000;
/** For a person who waits: the deadline of one request, and how long a read may go on asking again. */
const INTERACTIVE = { timeoutMs: 10_000, patienceMs: 10_000 };

/** With `interactive` a read fails within 20 seconds or so, and at once while requests are held. */
export interface ClientOptions extends GateOptions {
  signal?: AbortSignal;
  onDroppedField?: (dropped: DroppedName) => void;
  onRequest?: PatreonClientOptions['onRequest'];
}

/**
 * Reads Patreon through one connection: with its token, renewed as needed, within the budget of all processes.
 * The reads throw PatreonError, and RequestsHeldError when nothing may be asked for long. @throws NotFoundError
 */
export async function patreonClientFor(
  context: Context,
  credentialId: number,
  options: ClientOptions = {},
): Promise<PatreonClient> {
  const credential = await PatreonCredential.get(credentialId, context.knex);
  const connection = connect(context, credential, options);
  const isKnown = credential.scopes.length > 0 || !isLive(credential);
  return connection.client(isKnown ? credential.scopes : await learnScopes(context, credential, connection));
}

/** A pasted pair does not say what it may read, so it is tried once, before the first read that depends on it. */
async function learnScopes(
  context: Context,
  credential: PatreonCredential,
  connection: Connection,
): Promise<readonly string[]> {
  try {
    return await learnConnection(context, credential, connection);
  } catch (error) {
    // Whatever keeps us from learning now will show again in the reads, which know how to wait.
    if (error instanceof PatreonError || error instanceof RequestsHeldError) return [];
    throw error;
  }
}

interface Connection {
  client: ClientFor;
  /** Takes a 401 as the answer that it is. */
  tryingClient: ClientFor;
}

function connect(context: Context, credential: PatreonCredential, options: ClientOptions): Connection {
  const { id: credentialId, client_id: clientId } = credential;
  const subject = { credentialId, clientId };
  const versions = new Map<string, number>();
  let version = credential.token_version;
  const base: PatreonClientOptions = {
    baseUrl: context.config.patreon.baseUrl,
    userAgent: userAgent(context.config),
    gate: requestGate(context, subject, options),
    ...(options.interactive ? INTERACTIVE : {}),
    signal: options.signal,
    accessToken: async () => {
      const inUse = await tokenInUse(context, credentialId);
      version = inUse.version;
      versions.set(inUse.token, version);
      return inUse.token;
    },
    onDroppedField: (dropped) => {
      context.log.warn({ credentialId, dropped }, 'Patreon refuses a name that we ask for');
      options.onDroppedField?.(dropped);
    },
    onRequest: (request) => {
      context.log.debug({ credentialId, ...request }, 'Patreon request');
      if (request.status === null || request.status >= 400) noteError(context, subject);
      options.onRequest?.(request);
    },
  };
  const onUnauthorized = (refusedToken: string) =>
    renewAfterUnauthorized(context, credentialId, versions.get(refusedToken) ?? version);
  const onRefused = () => requireReconnect(context, credentialId, version, 'refused_after_renewal');
  const asked = (scopes: readonly string[]) => ({ scopes: scopes.length > 0 ? scopes : undefined });
  return {
    client: (scopes) =>
      guardedClient(createPatreonClient({ ...base, ...asked(scopes), onUnauthorized }), { scopes, onRefused }),
    tryingClient: (scopes) => createPatreonClient({ ...base, ...asked(scopes) }),
  };
}

function noteError(context: Context, subject: GateSubject): void {
  countUsage(context, subject, { errors: 1 }).catch((err) =>
    context.log.warn({ err }, 'an error answer was not counted'),
  );
}

/** Tries a token that is not stored yet, for a person who waits: the patience is short. */
export function clientWithToken(context: Context, { clientId, token }: { clientId: string; token: string }): ClientFor {
  const signal = AbortSignal.timeout(TRIAL_MS);
  return (scopes) =>
    createPatreonClient({
      baseUrl: context.config.patreon.baseUrl,
      userAgent: userAgent(context.config),
      gate: requestGate(context, { credentialId: null, clientId }, { interactive: true }),
      ...INTERACTIVE,
      accessToken: async () => token,
      scopes,
      signal,
    });
}
