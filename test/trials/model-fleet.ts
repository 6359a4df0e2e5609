import { setTimeout as sleep } from 'node:timers/promises';
import { patreonClientFor } from '../../src/apps/connections/patreon-client.service';
import { memberStore } from '../../src/apps/sync/member-store';
import { readOne } from '../../src/apps/sync/read-one';
import { type RunOutcome, runSync } from '../../src/apps/sync/run-sync';
import type { Context } from '../../src/context';
import { PatreonError } from '../../src/patreon/patreon-error';
import { Actor, Crash, isBusy, type Slow } from './actor';
import type { MirrorRig } from './mirror-rig';
import type { Wire } from './wire';

interface Task {
  actor: Actor;
  /** Null for a single read. */
  runner: Context | null;
  stop: AbortController;
  done: Promise<void>;
}

export interface Hint {
  id: number;
  memberId: string;
  slow: Slow;
  /** Told when the read has been stored; false when it has to be made again. */
  settled(actor: Actor, isStored: boolean): void;
}

/** Everybody who works on a mirror at the same time: runners of runs, and single reads as webhooks ask for them. */
export class Fleet {
  private tasks: Task[] = [];
  /** What ended somebody's work that should not have. */
  readonly failures: string[] = [];
  crashes = 0;

  constructor(
    private readonly rig: MirrorRig,
    private readonly wire: Wire,
  ) {}

  get running(): Task[] {
    return this.tasks.filter(({ runner }) => runner !== null);
  }

  /** Lets an idle runner execute this run, if there is one. */
  startRun(
    runId: number,
    { slow, crashAfter }: { slow: Slow; crashAfter: number | null },
    onEnd: (actor: Actor, outcome: RunOutcome) => Promise<void>,
  ): void {
    const runner = this.rig.runners.find((one) => this.tasks.every((task) => task.runner !== one));
    if (!runner) return;
    const actor = new Actor(`the runner of run ${runId}`, slow);
    actor.crashAfter = crashAfter;
    const stop = new AbortController();
    this.start({ actor, runner, stop }, async () => onEnd(actor, await runSync(runner, runId, stop.signal)));
  }

  startHint(hint: Hint): void {
    const actor = new Actor(`single read ${hint.id}`, hint.slow);
    this.start({ actor, runner: null, stop: new AbortController() }, async () => {
      let isStored = false;
      try {
        isStored = await this.readMember(hint);
      } catch (error) {
        if (!(error instanceof PatreonError)) throw error;
      } finally {
        hint.settled(actor, isStored);
      }
    });
  }

  private start(task: Omit<Task, 'done'>, work: () => Promise<unknown>): void {
    const ended = task.actor.act(work).catch((error: unknown) => {
      if (error instanceof Crash || task.actor.isDead) this.crashes += 1;
      else this.failures.push(`${task.actor.name} failed: ${error instanceof Error ? error.stack : String(error)}`);
    });
    const entry: Task = {
      ...task,
      done: ended.then(() => {
        this.tasks = this.tasks.filter((one) => one !== entry);
      }),
    };
    this.tasks.push(entry);
  }

  /** False while the mirror does not know the campaign. */
  private async readMember({ id, memberId }: Hint): Promise<boolean> {
    const { context, credentialId } = this.rig;
    const campaign = await context.knex('patreon_campaigns').first('id');
    if (!campaign) return false;
    const client = await patreonClientFor(context, credentialId);
    await readOne(context, {
      target: { campaignId: campaign.id, resource: 'members', patreonId: memberId },
      store: memberStore(context, campaign.id),
      read: () => client.getMember(memberId),
      write: (work) =>
        context.knex.transaction(async (trx) => {
          await trx.raw(`select set_config('patrondesk.event_id', ?, true)`, [String(id)]);
          return work(trx);
        }),
    });
    return true;
  }

  /** Until nobody does anything but wait for Patreon. Looks rarely while they work: the database needs the processor. */
  async quiet(): Promise<void> {
    const contexts = [...this.rig.runners, this.rig.context];
    for (let calm = 0; calm < 4; ) {
      const isAnybodyBusy = this.wire.isBusy || contexts.some(({ knex }) => isBusy(knex));
      calm = isAnybodyBusy ? 0 : calm + 1;
      await (isAnybodyBusy ? sleep(1) : new Promise((resolve) => setImmediate(resolve)));
    }
  }

  async step(which: number): Promise<void> {
    const { waiting } = this.wire;
    waiting[which % Math.max(1, waiting.length)]?.go();
    await this.quiet();
  }

  async crash(which: number): Promise<void> {
    const task = this.tasks[which % Math.max(1, this.tasks.length)];
    if (!task) return;
    task.actor.isDead = true;
    this.wire.releaseAll(task.actor);
    await this.quiet();
  }

  async stop(which: number): Promise<void> {
    const { running } = this;
    running[which % Math.max(1, running.length)]?.stop.abort();
    await this.quiet();
  }

  /** Everything that waits is delivered, and everybody comes to an end. */
  async drain(): Promise<void> {
    for (const { actor } of this.tasks) actor.slow = 'nothing';
    while (this.tasks.length > 0) {
      this.wire.releaseAll();
      const soon = new Promise((resolve) => setTimeout(resolve, 20).unref());
      await Promise.race([Promise.all(this.tasks.map(({ done }) => done)), soon]);
      // Whoever was to renew the token crashed: those who wait for it notice after a while, which is over at once here.
      await this.rig.context.knex.raw(
        `update patreon_credentials set refresh_started_at = '2020-01-01' where refresh_started_at < now() - interval '1 second'`,
      );
    }
  }
}
