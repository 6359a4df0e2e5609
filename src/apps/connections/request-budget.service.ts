import type { RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Context } from '../../context';
import { budgetWindows } from './budget-windows';
import { PatreonCredential } from './patreon-credential.model';
import { type Hold, RequestsHeldError, standingOf } from './request-holds.service';
import { consume, type GateSubject, requestLimiters } from './request-limiters';

/** A budget of ours is used up: background work waits until then and goes on. */
export class BudgetSpentError extends RequestsHeldError {
  constructor(until: Date) {
    super('budget_spent', until);
  }
}

export interface RequestUsage {
  /** Since the full hour, and since midnight UTC. */
  used_hour: number;
  hourly_budget: number;
  used_day: number;
  daily_budget: number;
  last_429_at: string | null;
  /** Requests of at least one connection wait until then. */
  waiting_until: string | null;
}

/** Takes one request from both budgets; answers how to give it back. @throws BudgetSpentError */
export async function spendBudget(context: Context): Promise<() => Promise<void>> {
  const { hour, day } = requestLimiters(context);
  const windows = budgetWindows(context.clock.now());
  const [ofHour, ofDay] = await Promise.all([consume(hour, windows.hour.key), consume(day, windows.day.key)]);
  const giveBack = async () => {
    await Promise.all([hour.reward(windows.hour.key), day.reward(windows.day.key)]);
  };
  if (ofHour === 0 && ofDay === 0) return giveBack;
  // It was not sent, and a budget that is raised has what it was raised by.
  await giveBack();
  throw new BudgetSpentError(ofDay === 0 ? windows.hour.until : windows.day.until);
}

/** For the history of requests; the budgets do not depend on it. */
export async function countUsage(
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

/** Why requests wait, the longest first; what holds several connections for the same reason is told once. */
export async function currentHolds(context: Context): Promise<Hold[]> {
  const credentials = await PatreonCredential.listAll(context.knex);
  const standings = await Promise.all(
    credentials.map((c) => standingOf(context, { credentialId: c.id, clientId: c.client_id })),
  );
  const holds = standings.flatMap((standing) => standing.holds);
  holds.sort((a, b) => b.until.getTime() - a.until.getTime());
  return holds.filter(({ reason }, i) => holds.findIndex((hold) => hold.reason === reason) === i);
}

/** What the status page shows. */
export async function requestUsage(context: Context): Promise<RequestUsage> {
  const { hourlyBudget, dailyBudget } = context.config.patreon;
  const { hour, day } = requestLimiters(context);
  const windows = budgetWindows(context.clock.now());
  const used = async (limiter: RateLimiterPostgres, key: string, budget: number) =>
    Math.min((await limiter.get(key))?.consumedPoints ?? 0, budget);
  const { last_429_at } = (await context.knex('request_usage').max('last_429_at as last_429_at').first()) ?? {};
  const [longest] = await currentHolds(context);
  return {
    used_hour: await used(hour, windows.hour.key, hourlyBudget),
    hourly_budget: hourlyBudget,
    used_day: await used(day, windows.day.key, dailyBudget),
    daily_budget: dailyBudget,
    last_429_at: last_429_at ?? null,
    waiting_until: longest?.until.toISOString() ?? null,
  };
}
