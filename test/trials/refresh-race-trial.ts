import { join } from 'node:path';
import type { CallAnswer, CallOrder } from './refresh-race-caller';
import { startRig, type TrialRig } from './trial-rig';

export interface RefreshRaceFigures {
  rounds: number;
  calls: number;
  succeeded: number;
  tokenRequests: number;
  refreshes: number;
  reusedRefreshTokens: number;
  /** Rounds after which the connection was not connected any more. */
  falseReconnects: number;
  failures: string[];
}

const PROCESSES = 3;
const MONTH_SECONDS = 31 * 86_400;
const CALLER = join(__dirname, 'refresh-race-caller.ts');

/**
 * At the moment of expiry everybody asks at once, from processes of their own: in even rounds we know of the expiry, in
 * odd ones Patreon's 401 tells it. Each round may cost one token request.
 */
export async function refreshRaceTrial(
  databaseUrl: string,
  { rounds, callers }: { rounds: number; callers: number },
): Promise<RefreshRaceFigures> {
  const rig = await startRig<CallOrder, CallAnswer>({
    databaseUrl,
    scripts: Array.from({ length: PROCESSES }, () => CALLER),
    requestsPerMinute: 0,
    sandbox: { campaigns: [{ members: 2 }], limits: null },
  });
  try {
    const figures = { rounds, calls: 0, succeeded: 0, falseReconnects: 0, failures: [] as string[] };
    for (let round = 0; round < rounds; round++) {
      const kind = round % 2 === 0 ? 'token' : 'read';
      await expire(rig, kind);
      const answers = await Promise.all(rig.processes.map((one) => one.send({ calls: callers, kind })));
      figures.calls += PROCESSES * callers;
      for (const { succeeded, failures } of answers) {
        figures.succeeded += succeeded;
        figures.failures.push(...failures);
      }
      if ((await stateOf(rig)) !== 'connected') figures.falseReconnects += 1;
    }
    const { tokens } = await rig.control.report();
    return {
      ...figures,
      tokenRequests: tokens.requests,
      refreshes: tokens.refreshes,
      reusedRefreshTokens: tokens.reused,
    };
  } finally {
    await rig.close();
  }
}

async function expire({ context, control }: TrialRig<CallOrder, CallAnswer>, kind: CallOrder['kind']): Promise<void> {
  // Rounds that Patreon refuses come to more refusals in ten minutes than we allow ourselves.
  await context.knex('rate_limits').delete();
  if (kind === 'read') await control.clock({ advance_seconds: MONTH_SECONDS + 1, life: false });
  else await context.knex('patreon_credentials').update({ token_expires_at: context.knex.fn.now() });
}

async function stateOf({ context, credentialId }: TrialRig<CallOrder, CallAnswer>): Promise<string> {
  return (await context.knex('patreon_credentials').where({ id: credentialId }).first('state')).state;
}

/** What is wrong with the figures, in words; empty when nothing is. */
export function violationsOf(figures: RefreshRaceFigures): string[] {
  const { rounds, tokenRequests, refreshes, reusedRefreshTokens, falseReconnects, calls, succeeded } = figures;
  return [
    ...(tokenRequests === rounds ? [] : [`${tokenRequests} token requests instead of ${rounds}`]),
    ...(refreshes === rounds ? [] : [`${refreshes} refreshes instead of ${rounds}`]),
    ...(reusedRefreshTokens === 0 ? [] : [`${reusedRefreshTokens} refresh tokens were used twice`]),
    ...(falseReconnects === 0 ? [] : [`${falseReconnects} rounds ended without a connection`]),
    ...(succeeded === calls ? [] : [`${calls - succeeded} calls failed: ${figures.failures[0]}`]),
  ];
}
