import { setTimeout as sleep } from 'node:timers/promises';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { Context } from '../../context';
import { AppError } from '../../errors';
import type { RequestGate } from '../../patreon/client';
import { type PaceRule, paceRule } from './pace';

/** A budget of ours is used up: background work waits until then and goes on. */
export class BudgetSpentError extends AppError {
  constructor(readonly until: Date) {
    super(429, 'budget_spent', `The request budget is spent until ${until.toISOString()}.`, secondsUntil(until));
  }
}

const secondsUntil = (until: Date): number => Math.max(1, Math.ceil((until.getTime() - Date.now()) / 1000));

export interface RequestUsage {
  /** Since the full hour, and since midnight UTC. */
  used_hour: number;
  hourly_budget: number;
  used_day: number;
  daily_budget: number;
  last_429_at: string | null;
  /** Requests wait until then: Patreon asked for a pause, or a budget is spent. */
  waiting_until: string | null;
}

/** Whose requests are counted together. A pair that is only being tried has no row yet. */
export interface GateSubject {
  credentialId: number | null;
  clientId: string;
}

interface Limiters {
  hour: RateLimiterPostgres;
  day: RateLimiterPostgres;
  /** Patreon's pause after a 429. */
  pause: RateLimiterPostgres;
  token: RateLimiterPostgres | null;
  client: RateLimiterPostgres | null;
}

const HOUR = 3_600;
const PAUSE_PREFIX = 'patreon_pause';
/** With windows of one second, at most 99 fall into any two: Patreon documents 100 in 2 seconds for a client. */
const CLIENT_RULE: PaceRule = { points: 33, duration: 1 };

const known = new WeakMap<Context, Limiters>();

function limitersOf(context: Context): Limiters {
  const found = known.get(context) ?? createLimiters(context);
  known.set(context, found);
  return found;
}

function createLimiters({ knex, config }: Context): Limiters {
  const limiter = (keyPrefix: string, rule: PaceRule) =>
    new RateLimiterPostgres({
      storeClient: knex,
      storeType: 'knex',
      tableName: 'rate_limits',
      tableCreated: true,
      clearExpiredByTimeout: false,
      keyPrefix,
      ...rule,
    });
  const { hourlyBudget, dailyBudget, requestsPerMinute } = config.patreon;
  const token = paceRule(requestsPerMinute);
  return {
    hour: limiter('patreon_hour', { points: hourlyBudget, duration: 2 * HOUR }),
    day: limiter('patreon_day', { points: dailyBudget, duration: 25 * HOUR }),
    pause: limiter(PAUSE_PREFIX, { points: 0, duration: HOUR }),
    token: token && limiter('patreon_token', token),
    client: token && limiter('patreon_client', CLIENT_RULE),
  };
}

/**
 * Every request of every process goes through here: budgets first, then Patreon's own pause, then our pace. Nothing is
 * let through while PostgreSQL cannot be asked.
 */
export function requestGate(context: Context, subject: GateSubject): RequestGate {
  const limiters = limitersOf(context);
  const key = String(subject.credentialId ?? `client:${subject.clientId}`);
  return {
    async beforeRequest(signal) {
      await spendBudget(context, limiters);
      await waitWhile(() => pauseLeft(limiters, key), signal);
      if (limiters.token) await waitWhile(consumption(limiters.token, key), signal);
      if (limiters.client) await waitWhile(consumption(limiters.client, subject.clientId), signal);
      await countUsage(context, subject, { requests: 1 });
    },
    async throttled(seconds) {
      if ((await pauseLeft(limiters, key)) < seconds * 1000) await limiters.pause.block(key, seconds);
      await countUsage(context, subject, { throttled: 1 });
    },
  };
}

/** Notes an answer that was no success, for the history. */
export async function countError(context: Context, subject: GateSubject): Promise<void> {
  await countUsage(context, subject, { errors: 1 });
}

async function spendBudget({ clock }: Context, { hour, day }: Limiters): Promise<void> {
  const windows = budgetWindows(clock.now());
  if (!(await isWithin(hour, windows.hour.key))) throw new BudgetSpentError(windows.hour.until);
  if (await isWithin(day, windows.day.key)) return;
  await hour.reward(windows.hour.key);
  throw new BudgetSpentError(windows.day.until);
}

async function isWithin(limiter: RateLimiterPostgres, key: string): Promise<boolean> {
  return (await consumption(limiter, key)()) === 0;
}

/** Clock hours and days, so that everybody can tell when a budget begins anew. */
function budgetWindows(now: Date) {
  const iso = now.toISOString();
  const hour = Date.parse(`${iso.slice(0, 13)}:00:00Z`);
  const day = Date.parse(`${iso.slice(0, 10)}T00:00:00Z`);
  return {
    hour: { key: iso.slice(0, 13), until: new Date(hour + HOUR * 1000) },
    day: { key: iso.slice(0, 10), until: new Date(day + 24 * HOUR * 1000) },
  };
}

/** Takes one point; answers the milliseconds to wait before the next try, 0 when the point was had. */
function consumption(limiter: RateLimiterPostgres, key: string): () => Promise<number> {
  return async () => {
    try {
      await limiter.consume(key);
      return 0;
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      return Math.max(1, refusal.msBeforeNext);
    }
  };
}

async function pauseLeft({ pause }: Limiters, key: string): Promise<number> {
  return Math.max(0, (await pause.get(key))?.msBeforeNext ?? 0);
}

/** Asks again after each wait: another process may have taken the place, or the pause may have been prolonged. */
async function waitWhile(left: () => Promise<number>, signal?: AbortSignal): Promise<void> {
  for (let ms = await left(); ms > 0; ms = await left()) {
    try {
      await sleep(ms + Math.random() * 50, undefined, { signal });
    } catch (error) {
      // The client says in its own words that it was cancelled.
      if (signal?.aborted) return;
      throw error;
    }
  }
}

async function countUsage(
  { knex, clock }: Context,
  { credentialId }: GateSubject,
  { requests = 0, errors = 0, throttled = 0 }: { requests?: number; errors?: number; throttled?: number },
): Promise<void> {
  if (credentialId === null) return;
  const now = clock.now().toISOString();
  await knex.raw(
    `insert into request_usage as u (hour, credential_id, requests, errors, throttled, last_429_at)
     select date_trunc('hour', :now::timestamptz), id, :requests, :errors, :throttled, :last429At::timestamptz
       from patreon_credentials where id = :credentialId
     on conflict (hour, credential_id) do update
        set requests = u.requests + excluded.requests, errors = u.errors + excluded.errors,
            throttled = u.throttled + excluded.throttled, last_429_at = coalesce(excluded.last_429_at, u.last_429_at)`,
    { now, credentialId, requests, errors, throttled, last429At: throttled > 0 ? now : null },
  );
}

/** What the status page shows. */
export async function requestUsage(context: Context): Promise<RequestUsage> {
  const { hourlyBudget, dailyBudget } = context.config.patreon;
  const { hour, day } = limitersOf(context);
  const windows = budgetWindows(context.clock.now());
  // A refused request counts as well, but it never reached Patreon.
  const used = async (limiter: RateLimiterPostgres, key: string, budget: number) =>
    Math.min((await limiter.get(key))?.consumedPoints ?? 0, budget);
  const used_hour = await used(hour, windows.hour.key, hourlyBudget);
  const used_day = await used(day, windows.day.key, dailyBudget);
  const { last_429_at } = (await context.knex('request_usage').max('last_429_at as last_429_at').first()) ?? {};
  const waits = [await longestPause(context)];
  if (used_hour >= hourlyBudget) waits.push(windows.hour.until.getTime());
  if (used_day >= dailyBudget) waits.push(windows.day.until.getTime());
  const until = Math.max(...waits);
  return {
    used_hour,
    hourly_budget: hourlyBudget,
    used_day,
    daily_budget: dailyBudget,
    last_429_at: last_429_at ?? null,
    waiting_until: until > 0 ? new Date(until).toISOString() : null,
  };
}

async function longestPause({ knex }: Context): Promise<number> {
  const row = await knex('rate_limits')
    .whereLike('key', `${PAUSE_PREFIX}:%`)
    .where('expire', '>', Date.now())
    .max('expire as until')
    .first();
  return Number(row?.until ?? 0);
}
