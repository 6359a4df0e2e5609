import { AsyncLocalStorage } from 'node:async_hooks';
import type { Knex } from 'knex';
import { watchFailPoints } from '../../src/lib/fail-points';

/** What ends an actor in the middle of its work, as a power cut would. */
export class Crash extends Error {
  constructor(name: string) {
    super(`${name} has crashed`);
    this.name = 'Crash';
  }
}

export type Slow = 'nothing' | 'members' | 'everything';

/**
 * Somebody at work beside others in this process, as if in a process of their own: asks Patreon, writes, may crash.
 * A crashed actor reaches neither the database nor Patreon any more, and its open transaction is rolled back.
 */
export class Actor {
  isDead = false;
  /** Fail points still to be passed before the crash; null for none. */
  crashAfter: number | null = null;

  constructor(
    readonly name: string,
    /** Which of its exchanges with Patreon wait to be let go one by one. */
    public slow: Slow = 'nothing',
  ) {}

  isSlowOver(path: string): boolean {
    return this.slow === 'everything' || (this.slow === 'members' && path.includes('/members'));
  }

  static current(): Actor | undefined {
    return acting.getStore();
  }

  act<T>(work: () => Promise<T>): Promise<T> {
    return acting.run(this, work);
  }

  crash(): never {
    this.isDead = true;
    throw new Crash(this.name);
  }
}

const acting = new AsyncLocalStorage<Actor>();

/** Lets actors crash at the fail points. Answers how to end that. */
export function crashAtFailPoints(onPassing: (name: string) => void = () => undefined): () => void {
  watchFailPoints((name) => {
    onPassing(name);
    const actor = Actor.current();
    if (actor === undefined) return;
    if (actor.isDead) actor.crash();
    if (actor.crashAfter === null) return;
    actor.crashAfter -= 1;
    if (actor.crashAfter <= 0) actor.crash();
  });
  return () => watchFailPoints(() => undefined);
}

interface Pool {
  numUsed(): number;
  numPendingAcquires(): number;
  numPendingCreates(): number;
}
interface Client {
  pool: Pool;
  acquireConnection(): Promise<unknown>;
}

/** Keeps dead actors from the database. */
export function refuseTheDead(knex: Knex): void {
  const client = knex.client as Client;
  const acquire = client.acquireConnection.bind(client);
  client.acquireConnection = async () => {
    const actor = Actor.current();
    if (actor?.isDead) throw new Crash(actor.name);
    return acquire();
  };
}

/** Whether anybody uses this database connection just now. */
export function isBusy(knex: Knex): boolean {
  const { pool } = knex.client as Client;
  return pool.numUsed() + pool.numPendingAcquires() + pool.numPendingCreates() > 0;
}
