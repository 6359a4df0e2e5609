import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Context } from '../../context';
import { type PaceRule, paceRule } from './pace';

/** Whose requests are counted together. A pair that is only being tried has no row yet. */
export interface GateSubject {
  credentialId: number | null;
  clientId: string;
}

/** What all processes count in `rate_limits`. */
export interface RequestLimiters {
  hour: RateLimiterPostgres;
  day: RateLimiterPostgres;
  token: RateLimiterPostgres | null;
  client: RateLimiterPostgres | null;
  /** Answers of 4xx, by client. */
  refusals: RateLimiterPostgres;
  /** Failures without a success between them, by connection. */
  failures: RateLimiterPostgres;
  /** The one request that finds out whether Patreon is back. */
  trial: RateLimiterPostgres;
}

const HOUR = 3_600;
/** With windows of one second, at most 99 fall into any two: Patreon documents 100 in 2 seconds for a client. */
const CLIENT_RULE: PaceRule = { points: 33, duration: 1 };
/**
 * Patreon's edge blocks for half an hour after 2,000 answers of 4xx in ten minutes. Any ten minutes touch two windows, so
 * these come to half of that; the other half is for what else the creator runs.
 */
const REFUSALS_RULE = { points: 500, duration: 600 };
/** So many failures in a row and nobody asks for a while. */
const FAILURES_RULE = { points: 5, duration: HOUR };
/** Longer than a request with the renewal of its token can take; a process that died over its trial blocks no longer. */
const TRIAL_RULE = { points: 1, duration: 90 };

const known = new WeakMap<Context, RequestLimiters>();

export function requestLimiters(context: Context): RequestLimiters {
  const found = known.get(context) ?? createLimiters(context);
  known.set(context, found);
  return found;
}

function createLimiters({ knex, config }: Context): RequestLimiters {
  const limiter = (name: string, rule: PaceRule) =>
    new RateLimiterPostgres({
      storeClient: knex,
      storeType: 'knex',
      tableName: 'rate_limits',
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix: `patreon_${name}`,
      ...rule,
    });
  const { hourlyBudget, dailyBudget, requestsPerMinute } = config.patreon;
  const token = paceRule(requestsPerMinute);
  return {
    hour: limiter('hour', { points: hourlyBudget, duration: 2 * HOUR }),
    day: limiter('day', { points: dailyBudget, duration: 25 * HOUR }),
    token: token && limiter('token', token),
    client: token && limiter('client', CLIENT_RULE),
    refusals: limiter('refusals', REFUSALS_RULE),
    failures: limiter('failures', FAILURES_RULE),
    trial: limiter('trial', TRIAL_RULE),
  };
}

/** Under this the requests of one connection are counted. */
export function connectionKey({ credentialId, clientId }: GateSubject): string {
  return String(credentialId ?? `client:${clientId}`);
}

/** Takes points; answers the milliseconds to wait before the next try, 0 when they were had. */
export async function consume(limiter: RateLimiterPostgres, key: string, points = 1): Promise<number> {
  try {
    await limiter.consume(key, points);
    return 0;
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    return Math.max(1, refusal.msBeforeNext);
  }
}
