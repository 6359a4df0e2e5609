import { randomUUID } from 'node:crypto';
import { link, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, processIdentity } from './process-identity';

const WAIT_MS = 180_000;
const POLL_MS = 40;
/** Between the creation of the file and the writing of its content lies a moment in which it is empty. */
const EMPTY_GRACE_MS = 2_000;

interface Holder {
  pid: number;
  identity: string;
}

/**
 * Runs `work` while this process holds the lock file. A holder that died (also by kill -9, also when its number was
 * given to another process) is replaced. Correctness does not hang on it alone: the data directory appears by one rename
 * and PostgreSQL refuses a second server on it.
 * @throws Error when a living process keeps the lock for three minutes.
 */
export async function withLockFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  const mine = JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid), nonce: randomUUID() });
  const deadline = Date.now() + WAIT_MS;
  while (!(await take(path, mine))) {
    if (Date.now() > deadline) {
      throw new Error(`Another process works on the embedded database for too long. If none does, delete ${path}.`);
    }
    await breakIfStale(path);
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    if ((await content(path)) === mine) await unlink(path).catch(() => undefined);
  }
}

async function take(path: string, mine: string): Promise<boolean> {
  try {
    await writeFile(path, mine, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function content(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

async function breakIfStale(path: string): Promise<void> {
  const seen = await content(path);
  if (seen === undefined || !(await isStale(path, seen))) return;
  // Between reading and removing, another waiter may have replaced the file: what was moved aside is compared and put back.
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await content(aside)) !== seen) await link(aside, path).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
}

async function isStale(path: string, text: string): Promise<boolean> {
  const holder = parse(text);
  if (holder) return !isAlive(holder.pid) || processIdentity(holder.pid) !== holder.identity;
  const made = await stat(path).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs > EMPTY_GRACE_MS;
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, identity } = JSON.parse(text) as Partial<Holder>;
    return typeof pid === 'number' && typeof identity === 'string' ? { pid, identity } : undefined;
  } catch {
    return undefined;
  }
}
