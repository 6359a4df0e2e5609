import { type Algorithm, hash, type Options, parseOptions, verify } from '@node-rs/argon2';
import { UnavailableError } from '../../errors';
import { Semaphore, SemaphoreFullError } from '../../lib/semaphore';

/** 19 MiB for each hash under way: the OWASP minimum, sized to a 512 MB dyno. Memory in KiB. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;
const ARGON2ID: Algorithm.Argon2id = 2;

/** One for the process, because memory and processor are. */
const hashing = new Semaphore(2, 20);

/** PHC string of argon2id. @throws UnavailableError when too many hashes are waiting. */
export async function hashPassword(password: string): Promise<string> {
  return queued(() => hash(password, { ...COST, algorithm: ARGON2ID }));
}

let nobodysHash: Promise<string> | undefined;

/**
 * True when the password is the one that was hashed. Without a hash (no such person, or no password chosen yet) it
 * does the same work and answers false, so that the time tells nothing.
 * @throws UnavailableError when too many hashes are waiting.
 */
export async function verifyPassword(stored: string | null | undefined, password: string): Promise<boolean> {
  nobodysHash ??= hash('nobody has this password', { ...COST, algorithm: ARGON2ID });
  const compared = stored ?? (await nobodysHash);
  const matches = await queued(() => verify(compared, password));
  return matches && stored != null;
}

/** True when a hash was made with other costs than today's. */
export function needsRehash(stored: string): boolean {
  const { algorithm, memoryCost, timeCost, parallelism } = parseOptions(stored);
  return (
    algorithm !== ARGON2ID ||
    memoryCost !== COST.memoryCost ||
    timeCost !== COST.timeCost ||
    parallelism !== COST.parallelism
  );
}

async function queued<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await hashing.run(work);
  } catch (error) {
    if (!(error instanceof SemaphoreFullError)) throw error;
    throw new UnavailableError('Too many people are signing in at this moment. Try again in a few seconds.', 3);
  }
}
