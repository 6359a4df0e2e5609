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

/** Gives back so many of the requests that were taken, all of them unless said. */
export type GiveBack = (count?: number) => Promise<void>;

/** Takes requests from both budgets; answers how to give them back. @throws BudgetSpentError */
export async function spendBudget(context: Context, count = 1): Promise<GiveBack> {
  const { hour, day } = requestLimiters(context);
  const windows = budgetWindows(context.clock.now());
  const [ofHour, ofDay] = await Promise.all([
    consume(hour, windows.hour.key, count),
    consume(day, windows.day.key, count),
  ]);
  const giveBack: GiveBack = async (given = count) => {
    await Promise.all([hour.reward(windows.hour.key, given), day.reward(windows.day.key, given)]);
  };
  if (ofHour === 0 && ofDay === 0) return giveBack;
  // They were not sent, and a budget that is raised has what it was raised by.
  await giveBack();
  throw new BudgetSpentError(ofDay === 0 ? windows.hour.until : windows.day.until);
}

/** How many requests the tighter of the two budgets has left just now. */
export async function budgetLeft(context: Context): Promise<number> {
  const { hour, day } = requestLimiters(context);
  const windows = budgetWindows(context.clock.now());
  const [ofHour, ofDay] = await Promise.all([hour.get(windows.hour.key), day.get(windows.day.key)]);
  return Math.min(hour.points - (ofHour?.consumedPoints ?? 0), day.points - (ofDay?.consumedPoints ?? 0));
}

/** What is added to the history of requests, to the hour of `at`: now unless said. */
export interface Usage {
  requests?: number;
  errors?: number;
  throttled?: number;
  at?: Date;
}

/** For the history of requests; the budgets do not depend on it. */
export async function countUsage(
  { knex, clock }: Context,
  { credentialId }: Pick<GateSubject, 'credentialId'>,
  { requests = 0, errors = 0, throttled = 0, at = clock.now() }: Usage,
): Promise<void> {
  if (credentialId === null) return;
  const now = at.toISOString();
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
