import { isIPv6 } from 'node:net';
import type { Knex } from 'knex';
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import { TooManyRequestsError } from '../../errors';
import type { SecretBox } from '../../lib/secret-box';

const MINUTE = 60;
const ADDRESS_LIMIT = { points: 30, duration: 10 * MINUTE };
const FREE_ATTEMPTS = 5;
const LONGEST_DELAY = 15 * MINUTE;
const MEMORY = 24 * 60 * MINUTE;

export interface SignInAttempt {
  /** As it was typed, known to us or not: the answers must not differ. */
  email: string;
  /** The address of the client as Express sees it behind the configured proxies. */
  address: string;
  /** A device that this account signed in from before; undefined for all others. */
  device: string | undefined;
}

export interface SignInLimits {
  /** Counts the attempt. Call it before the password is looked at. @throws TooManyRequestsError with the waiting time. */
  admit(attempt: SignInAttempt): Promise<void>;
  /** The password was right: the account starts from nought and the address gets its attempt back. */
  clear(attempt: SignInAttempt): Promise<void>;
}

/**
 * Attempts counted in PostgreSQL, for all processes and across restarts. An account has five free attempts, then one a
 * minute, after 2, 4, 8 and at most 15 minutes: at most 16 in any hour. A device that has signed in before is counted by
 * itself, so a stranger who keeps guessing cannot shut the owner out. A database that cannot be reached throws: no
 * counting, no signing in.
 */
export function createSignInLimits(knex: Knex, secrets: SecretBox): SignInLimits {
  const store = { storeClient: knex, storeType: 'knex', tableName: 'rate_limits', tableCreated: true };
  const addresses = new RateLimiterPostgres({ ...store, ...ADDRESS_LIMIT, keyPrefix: 'sign_in_address' });
  const attempts = new RateLimiterPostgres({
    ...store,
    keyPrefix: 'sign_in_attempts',
    points: FREE_ATTEMPTS,
    duration: MEMORY,
    clearExpiredByTimeout: false,
  });
  const turns = new RateLimiterPostgres({
    ...store,
    keyPrefix: 'sign_in_turn',
    points: 1,
    duration: MINUTE,
    clearExpiredByTimeout: false,
  });
  const keys = ({ email, address, device }: SignInAttempt) => ({
    account: secrets.digest(`${email}|${device ?? ''}`, 'rate_limits|key|account'),
    address: secrets.digest(network(address), 'rate_limits|key|address'),
  });

  return {
    async admit(attempt) {
      const { account, address } = keys(attempt);
      await unlessLimited(() => addresses.consume(address));
      const turn = await turns.get(account);
      if (turn && turn.consumedPoints > 0 && turn.msBeforeNext > 0) throw tooMany(turn);
      const { consumedPoints: count } = await attempts.penalty(account);
      if (count < FREE_ATTEMPTS) return;
      // Of attempts that arrive together one takes the turn; the others are not held against the account.
      await unlessLimited(
        () => turns.consume(account, 1, { customDuration: delayAfter(count) }),
        () => attempts.reward(account),
      );
    },
    async clear(attempt) {
      const { account, address } = keys(attempt);
      await attempts.delete(account);
      await turns.delete(account);
      await addresses.reward(address);
    },
  };
}

/** Seconds until the next attempt after the `count`th. */
const delayAfter = (count: number): number =>
  Math.min(LONGEST_DELAY, MINUTE * 2 ** Math.min(count - FREE_ATTEMPTS, 10));

async function unlessLimited(consume: () => Promise<unknown>, refused?: () => Promise<unknown>): Promise<void> {
  try {
    await consume();
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    await refused?.();
    throw tooMany(error);
  }
}

const tooMany = ({ msBeforeNext }: RateLimiterRes) =>
  new TooManyRequestsError('Too many attempts to sign in.', Math.max(1, Math.ceil(msBeforeNext / 1000)));

/** Whoever has one IPv6 address has its /64, so that is what counts. */
function network(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail = ''] = plain.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === '' ? [] : tail.split(':');
  const zeros = plain.includes('::') ? Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0') : [];
  return [...first, ...zeros, ...last]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
