import type { Context } from '../../context';
import { AppError } from '../../errors';
import { budgetWindows } from './budget-windows';
import { connectionKey, type GateSubject, requestLimiters } from './request-limiters';

/** Why nobody asks Patreon for the time being. */
export type HoldReason = 'throttled' | 'breaker_open' | 'edge_blocked' | 'refusals_capped' | 'budget_spent' | 'paced';

export interface Hold {
  reason: HoldReason;
  until: Date;
}

/** Nothing is sent before `until`: background work comes back then, a person is told so. */
export class RequestsHeldError extends AppError {
  constructor(
    readonly reason: HoldReason,
    readonly until: Date,
  ) {
    const seconds = Math.max(1, Math.ceil((until.getTime() - Date.now()) / 1000));
    super(reason === 'budget_spent' ? 429 : 503, reason, `${WORDS[reason]} until ${until.toISOString()}.`, seconds);
  }
}

const WORDS: Record<HoldReason, string> = {
  throttled: 'Patreon asked for a pause, so nothing is asked of it',
  breaker_open: 'Patreon did not answer several times in a row, so nothing is asked of it',
  edge_blocked: 'The server in front of Patreon turned us away, so nothing is asked of it',
  refusals_capped: 'Patreon refused too many requests, so nothing is asked of it',
  budget_spent: 'The request budget is spent',
  paced: 'Other requests to Patreon come first',
};

export interface Standing {
  /** The holds in force, the longest first. */
  holds: Hold[];
  /** Failures are counted that a success would forget. */
  hasFailures: boolean;
  /** Failures opened the breaker and its time is over: one request may find out whether Patreon is back. */
  isHalfOpen: boolean;
}

/** Every request of this server comes from one address, and that is what the edge blocks. */
const EVERYBODY = 'everybody';
const pauseKey = (subject: GateSubject) => `patreon_pause:${connectionKey(subject)}`;
const openKey = (subject: GateSubject) => `patreon_open:${connectionKey(subject)}`;
const BLOCK_KEY = `patreon_block:${EVERYBODY}`;

/** What keeps this subject from asking now, in one look. */
export async function standingOf(context: Context, subject: GateSubject): Promise<Standing> {
  const { hour, day, refusals, failures, trial } = requestLimiters(context);
  const [own, windows] = [connectionKey(subject), budgetWindows(context.clock.now())];
  const keys = {
    hour: hour.getKey(windows.hour.key),
    day: day.getKey(windows.day.key),
    refusals: refusals.getKey(subject.clientId),
    failures: failures.getKey(own),
    trial: trial.getKey(own),
    pause: pauseKey(subject),
    open: openKey(subject),
  };
  const rows = await liveRows(context, [...Object.values(keys), BLOCK_KEY]);
  const points = (key: string) => rows.get(key)?.points ?? 0;
  const end = (key: string) => new Date(rows.get(key)?.expire ?? 0);
  const isBroken = points(keys.failures) >= failures.points;
  const holds: Hold[] = [];
  if (rows.has(BLOCK_KEY)) holds.push({ reason: 'edge_blocked', until: end(BLOCK_KEY) });
  if (points(keys.refusals) >= refusals.points) holds.push({ reason: 'refusals_capped', until: end(keys.refusals) });
  if (rows.has(keys.pause)) holds.push({ reason: 'throttled', until: end(keys.pause) });
  if (rows.has(keys.open)) holds.push({ reason: 'breaker_open', until: end(keys.open) });
  else if (isBroken && rows.has(keys.trial)) holds.push({ reason: 'breaker_open', until: end(keys.trial) });
  if (points(keys.hour) >= hour.points) holds.push({ reason: 'budget_spent', until: windows.hour.until });
  if (points(keys.day) >= day.points) holds.push({ reason: 'budget_spent', until: windows.day.until });
  holds.sort((a, b) => b.until.getTime() - a.until.getTime());
  return { holds, hasFailures: rows.has(keys.failures), isHalfOpen: isBroken && !rows.has(keys.open) };
}

async function liveRows({ knex }: Context, keys: string[]): Promise<Map<string, { points: number; expire: number }>> {
  const rows: { key: string; points: number; expire: string | number }[] = await knex('rate_limits')
    .select('key', 'points', 'expire')
    .whereIn('key', keys)
    .where('expire', '>', Date.now());
  return new Map(rows.map(({ key, points, expire }) => [key, { points, expire: Number(expire) }]));
}

/** Patreon asked for a pause. */
export async function holdAfterThrottling(context: Context, subject: GateSubject, seconds: number): Promise<void> {
  await holdFor(context, pauseKey(subject), seconds);
}

/** Nobody at all asks for a while: going on would prolong the block. */
export async function holdAfterBlock(context: Context): Promise<void> {
  await holdFor(context, BLOCK_KEY, context.config.patreon.edgeBlockSeconds);
}

export async function countRefusal(context: Context, { clientId }: GateSubject): Promise<void> {
  await requestLimiters(context).refusals.penalty(clientId);
}

/** Opens the breaker when there have been too many failures in a row, and again when a trial has failed. */
export async function countFailure(
  context: Context,
  subject: GateSubject,
  { wasTrial }: { wasTrial: boolean },
): Promise<void> {
  const { failures, trial } = requestLimiters(context);
  const key = connectionKey(subject);
  const { consumedPoints } = await failures.penalty(key);
  // Requests that were under way when the breaker opened do not prolong it.
  if (!wasTrial && consumedPoints !== failures.points) return;
  await holdFor(context, openKey(subject), context.config.patreon.breakerSeconds);
  await failures.set(key, failures.points, FAILURES_KEPT_SECONDS);
  if (wasTrial) await trial.delete(key);
}

/** Longer than anybody waits between two trials. */
const FAILURES_KEPT_SECONDS = 24 * 60 * 60;

/** Patreon answered: failures before that count no more. */
export async function closeBreaker(context: Context, subject: GateSubject): Promise<void> {
  const { failures, trial } = requestLimiters(context);
  const key = connectionKey(subject);
  await context
    .knex('rate_limits')
    .whereIn('key', [failures.getKey(key), trial.getKey(key), openKey(subject)])
    .delete();
}

/** Never shortens a hold that lasts longer already, whoever sets it at the same time. */
async function holdFor({ knex }: Context, key: string, seconds: number): Promise<void> {
  const expire = Math.ceil(Date.now() + seconds * 1000);
  await knex.raw(
    `insert into rate_limits as held (key, points, expire) values (:key, 1, :expire)
     on conflict (key) do update set expire = greatest(held.expire, excluded.expire)`,
    { key, expire },
  );
}
