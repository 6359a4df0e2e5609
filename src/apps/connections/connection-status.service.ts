import type { Context } from '../../context';
import { WANTED_SCOPES } from '../../patreon/oauth';
import { markInterruptedRefreshes } from './connection-health.service';
import { type ConnectionState, isLive, PatreonCredential } from './patreon-credential.model';
import { currentHolds } from './request-budget.service';
import type { HoldReason } from './request-holds.service';

/** One entry of `connections` on the status page and in its JSON. */
export interface ConnectionStatus {
  id: number;
  name: string;
  state: ConnectionState;
  scopes: string[];
  /** Asked for and not granted; empty while the granted ones are unknown. */
  missing_scopes: string[];
  token: { valid: boolean; expires_at: string | null };
}

/** Something that a person has to put right; the reader's language words it by `code` and `vars`. */
export interface ConnectionProblem {
  code: 'no_connection' | 'reconnect_needed' | 'refresh_unknown' | 'missing_scope' | HoldReason;
  vars: Record<string, string>;
  fix_url: string;
}

const CREDENTIALS = '/admin/patreon/patreoncredential/';

export async function connectionStatuses(context: Context): Promise<ConnectionStatus[]> {
  await markInterruptedRefreshes(context);
  const credentials = await PatreonCredential.listAll(context.knex);
  return credentials.map((credential) => connectionStatus(context, credential));
}

export function connectionStatus({ clock }: Context, credential: PatreonCredential): ConnectionStatus {
  const { id, campaign_name: name, state, scopes, token_expires_at } = credential;
  const isExpired = token_expires_at !== null && Date.parse(token_expires_at) <= clock.now().getTime();
  const missing_scopes = scopes.length === 0 ? [] : WANTED_SCOPES.filter((scope) => !scopes.includes(scope));
  return {
    id,
    name,
    state,
    scopes,
    missing_scopes,
    token: { valid: isLive(credential) && !isExpired, expires_at: token_expires_at },
  };
}

/** Worst first. */
export async function connectionProblems(context: Context): Promise<ConnectionProblem[]> {
  const connections = await connectionStatuses(context);
  const problems = connections.flatMap(problemsOf);
  const isConnected = connections.some(({ state }) => state !== 'not_connected' && state !== 'disconnected');
  if (!isConnected)
    problems.unshift({
      code: 'no_connection',
      vars: {},
      fix_url: connections.length > 0 ? CREDENTIALS : `${CREDENTIALS}add/`,
    });
  for (const { reason, until } of await currentHolds(context)) {
    problems.push({ code: reason, vars: { until: minuteOf(until) }, fix_url: '/patreon/api/status/' });
  }
  return problems;
}

/** As `2026-11-22 11:00 UTC`: the last minute of the wait is over then. */
function minuteOf(until: Date): string {
  const minute = new Date(Math.ceil(until.getTime() / 60_000) * 60_000);
  return `${minute.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function problemsOf({ id, name, state, missing_scopes }: ConnectionStatus): ConnectionProblem[] {
  const connect = `/patreon/oauth/authorize/?credential=${id}`;
  if (state === 'reconnect_needed') return [{ code: state, vars: { name }, fix_url: connect }];
  const problems: ConnectionProblem[] = [];
  if (state === 'refresh_unknown')
    problems.push({ code: state, vars: { name }, fix_url: `${CREDENTIALS}${id}/change/` });
  const isInUse = state === 'connected' || state === 'refresh_unknown';
  if (isInUse && missing_scopes.length > 0) {
    problems.push({ code: 'missing_scope', vars: { name, scopes: missing_scopes.join(', ') }, fix_url: connect });
  }
  return problems;
}
