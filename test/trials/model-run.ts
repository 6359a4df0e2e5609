import { SYSTEM } from '../../src/apps/accounts/audit.service';
import { applyHeldRun, discardHeldRun } from '../../src/apps/sync/held-runs.service';
import { cancelRun } from '../../src/apps/sync/sync-runs.service';
import { ConflictError } from '../../src/errors';
import type { Slow } from './actor';
import { contradictionsInChanges } from './change-history';
import { KnownVersions } from './known-versions';
import type { MirrorRig } from './mirror-rig';
import { describeDifference, differencesFromTruth } from './mirror-truth';
import type { Command, Sequence } from './model-commands';
import { Fleet } from './model-fleet';
import { type Listed, ModelTruth } from './model-truth';
import type { Wire } from './wire';
import { mirrorWritesSince, writeMark, zombieWrites } from './write-log';

const NOTES = ['A', 'B', 'C'];
const pledge = (cents: number) => ({ currently_entitled_amount_cents: cents, will_pay_amount_cents: cents });
const UNDISTURBED = { slow: 'nothing', crashAfter: null } as const;
const EXODUS = 22;
const HOUR = 3_600;
const MONTH = 32 * 24 * HOUR;
const LISTED: Record<string, Listed> = { member: 'members', post: 'posts', tier: 'tiers' };
const TABLES: Record<string, string> = { member: 'patreon_members', post: 'patreon_posts', tier: 'patreon_tiers' };

/** One sequence: carries out its commands, watches meanwhile, and asks at the end whether the mirror is the truth. */
export class ModelRun {
  readonly violations: string[] = [];
  readonly fleet: Fleet;
  readonly figures = { runs: 0, singleReads: 0, held: 0, gone: 0 };
  private moment = 0;
  private truth!: ModelTruth;
  /** Members that a webhook told of and nobody has read since. */
  private readonly pending = new Set<string>();
  private readonly known = new KnownVersions((id) => this.truth.versionOf(id));
  private readonly began = { runs: new Map<number, number>(), hints: new Map<number, number>() };
  private seenChange = 0;

  constructor(
    private readonly rig: MirrorRig,
    wire: Wire,
  ) {
    this.fleet = new Fleet(rig, wire);
    wire.onAnswer = (actor, path, body) => this.known.note(actor, path, body);
  }

  async execute({ world, commands }: Sequence): Promise<void> {
    await this.rig.begin(world);
    this.truth = await ModelTruth.of(this.rig, () => this.moment);
    if (world.synced) await this.wholeSync();
    for (const command of commands) {
      this.moment += 1;
      await this.carryOut(command);
      await this.fleet.quiet();
      await this.watch();
    }
    await this.conclude(world.seed % 3 === 0);
  }

  private async carryOut(command: Command): Promise<void> {
    const { rig, fleet } = this;
    switch (command.does) {
      case 'sync':
        return this.sync(command);
      case 'step':
        for (let n = 0; n < command.times; n++) await fleet.step(command.which + n);
        return;
      case 'hint':
        return this.hint(command);
      case 'stall':
        for (const runId of this.began.runs.keys()) await rig.expireLease(runId);
        return;
      case 'crash':
        return fleet.crash(command.which);
      case 'stop':
        return fleet.stop(command.which);
      case 'cancel':
        return this.cancel();
      case 'decide':
        return this.decide(command.apply);
      case 'expire':
        if (command.known) rig.aheadMs += MONTH * 1000;
        return rig.control.clock({ advance_seconds: MONTH, life: false }).then(() => undefined);
      case 'revoke':
        return rig.control.revoke().then(() => undefined);
      case 'reconnect':
        return rig.reconnect();
      case 'hour':
        return rig.control.clock({ advance_seconds: HOUR, life: false }).then(() => undefined);
      default:
        return this.change(command);
    }
  }

  private async change(command: Command): Promise<void> {
    const { truth } = this;
    const told = (id: string, hinted: boolean) => {
      if (hinted) this.pending.add(id);
    };
    switch (command.does) {
      case 'change': {
        const id = one(truth.here.members, command.who);
        if (id === undefined) return;
        await truth.edit('members', id, this.newAttributes(command.what));
        return told(id, command.hinted);
      }
      case 'add': {
        const position = command.start ? 'start' : 'end';
        const attributes = { full_name: `Newcomer ${truth.next()}` };
        return told(await truth.add('members', { position, attributes }), command.hinted);
      }
      case 'remove': {
        const id = one(truth.here.members, command.who);
        if (id === undefined) return;
        await truth.remove('members', id);
        return told(id, command.hinted);
      }
      case 'return': {
        const id = one(truth.away.members, command.who);
        if (id === undefined) return;
        await truth.bringBack('members', id);
        return told(id, command.hinted);
      }
      case 'exodus':
        return this.exodus(command.declines);
      case 'post':
        return this.changeListed('posts', command);
      case 'tier':
        return this.changeListed('tiers', command);
    }
  }

  private newAttributes(what: number): object {
    const kinds = [
      { note: NOTES[Math.floor(what / 5) % NOTES.length] },
      pledge(what % 2 === 0 ? 500 : 1_000),
      { full_name: `Named ${this.truth.next()}` },
      { patron_status: what % 2 === 0 ? 'declined_patron' : 'active_patron' },
      { note: NOTES[what % NOTES.length], last_charge_status: 'Paid' },
    ];
    return kinds[what % kinds.length] as object;
  }

  private async changeListed(resource: 'posts' | 'tiers', { who, what }: { who: number; what: number }): Promise<void> {
    const { truth } = this;
    const here = one(truth.here[resource], who);
    const away = one(truth.away[resource], who);
    if (what % 4 === 0 && here !== undefined) return truth.remove(resource, here);
    if (what % 4 === 1 && away !== undefined) return truth.bringBack(resource, away);
    if (what % 4 === 2 && resource === 'posts') return void (await truth.add('posts', { attributes: {} }));
    if (here !== undefined) return truth.edit(resource, here, { title: `Titled ${truth.next()}` });
  }

  /** So many at once that nobody should believe it. */
  private async exodus(declines: boolean): Promise<void> {
    const ids = this.truth.here.members.slice(0, EXODUS);
    if (ids.length < EXODUS) return;
    for (const id of ids) {
      if (declines) await this.truth.edit('members', id, { patron_status: 'former_patron' });
      else await this.truth.remove('members', id);
    }
  }

  private async sync(how: { slow: Slow; crashAfter: number | null }): Promise<void> {
    try {
      const { runId } = await this.rig.request();
      if (!this.began.runs.has(runId)) this.began.runs.set(runId, this.moment);
      this.startRun(runId, how);
    } catch (error) {
      // While the connection is broken nothing can be asked for.
      if (!(error instanceof ConflictError)) throw error;
    }
  }

  private startRun(runId: number, how: { slow: Slow; crashAfter: number | null } = UNDISTURBED): void {
    this.fleet.startRun(runId, how, async (actor, outcome) => {
      const { knex } = this.rig.context;
      // A part that says what it lacks may have met absences that it could not confirm.
      const whole = await knex('sync_run_resources')
        .where({ run_id: runId, resource: 'members', complete: true, state: 'succeeded', error: null })
        .first('run_id');
      // What a runner had asked for when it noticed that the run was no longer its own is not stored.
      this.known.settle(actor, outcome !== 'not_ours' && whole !== undefined);
    });
  }

  private async hint({ slow, who }: { slow: Slow; who: number }): Promise<void> {
    const memberId = [...this.pending][0] ?? one(this.truth.here.members, who);
    if (memberId === undefined) return;
    this.startHint(memberId, slow);
  }

  private startHint(memberId: string, slow: Slow): void {
    const { pending } = this;
    this.figures.singleReads += 1;
    const id = this.figures.singleReads;
    this.began.hints.set(id, this.moment);
    pending.delete(memberId);
    this.fleet.startHint({
      id,
      memberId,
      slow,
      settled: (actor, isStored) => {
        if (!isStored) pending.add(memberId);
        this.known.settle(actor, isStored);
      },
    });
  }

  private async cancel(): Promise<void> {
    const run = await this.openRun();
    if (run !== undefined) await cancelRun(this.rig.context, run);
  }

  private async openRun(): Promise<number | undefined> {
    const row = await this.rig.context.knex('sync_runs').whereIn('state', ['queued', 'running']).first('id');
    return row?.id;
  }

  private async decide(apply: boolean): Promise<void> {
    const { context } = this.rig;
    const run = await context.knex('sync_runs').where({ state: 'held' }).orderBy('id', 'desc').first('id');
    if (!run) return;
    try {
      if (!apply) return await discardHeldRun(context, run.id, SYSTEM);
      await applyHeldRun(context, run.id, SYSTEM);
      this.startRun(run.id);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }

  /** What must hold at every moment: nobody is called gone who was there all the time, and no two runs are open. */
  private async watch(): Promise<void> {
    const { knex } = this.rig.context;
    const changes: { id: number; resource: string; record_id: number; run_id: number; event_id: number }[] = await knex(
      'patreon_changes',
    )
      .where('id', '>', this.seenChange)
      .where({ kind: 'gone' })
      .orderBy('id');
    for (const { id, resource, record_id, run_id: runId, event_id: eventId } of changes) {
      this.seenChange = id;
      this.figures.gone += 1;
      const since = this.began.runs.get(runId) ?? this.began.hints.get(eventId) ?? this.moment;
      const row = await knex(TABLES[resource] as string)
        .where({ id: record_id })
        .first('patreon_id');
      if (!this.truth.wasAway(LISTED[resource] as Listed, row.patreon_id, since))
        this.violations.push(
          `false gone: ${resource} ${row.patreon_id} was there all the time (moment ${this.moment})`,
        );
    }
    const open = await knex('sync_runs').whereIn('state', ['queued', 'running']).pluck('id');
    if (open.length > 1) this.violations.push(`runs ${open.join(' and ')} are open at the same time`);
  }

  /** Delivers everything, then asks for one further whole sync at most; in one of three a last one, which writes nothing. */
  private async conclude(isOneOfThree: boolean): Promise<void> {
    const { rig, violations } = this;
    const { knex } = rig.context;
    this.moment += 1;
    await this.fleet.drain();
    await rig.reconnect();
    await this.finishOpenRun();
    for (const memberId of this.pending) this.startHint(memberId, 'nothing');
    await this.fleet.drain();
    await this.watch();
    for (const difference of await differencesFromTruth(knex, rig.sandbox.url)) {
      const { resource, patreonId } = difference;
      if (resource === 'members' && this.known.isCurrent(patreonId))
        violations.push(`stale: ${describeDifference(difference)}`);
    }
    await this.wholeSync();
    for (const difference of await differencesFromTruth(knex, rig.sandbox.url))
      violations.push(`not converged: ${describeDifference(difference)}`);
    if (isOneOfThree) {
      const mark = await writeMark(knex);
      await this.wholeSync();
      violations.push(...(await mirrorWritesSince(knex, mark)));
    }
    violations.push(...(await zombieWrites(knex)), ...(await contradictionsInChanges(knex)), ...this.fleet.failures);
    const { tokens } = await rig.control.report();
    if (tokens.reused > 0) violations.push(`${tokens.reused} refresh tokens were presented again`);
    this.figures.runs = Number((await knex('sync_runs').count('* as n').first())?.n);
    this.figures.held = Number((await knex('sync_runs').whereNotNull('decision').count('* as n').first())?.n);
  }

  private async finishOpenRun(): Promise<void> {
    const runId = await this.openRun();
    if (runId === undefined) return;
    await this.rig.expireLease(runId);
    this.startRun(runId);
    await this.fleet.drain();
    await this.watch();
  }

  /** A run nobody disturbs; the owner believes what it finds. */
  private async wholeSync(): Promise<void> {
    await this.sync(UNDISTURBED);
    await this.fleet.drain();
    await this.decide(true);
    await this.fleet.drain();
    await this.watch();
    const run = await this.rig.context.knex('sync_runs').orderBy('id', 'desc').first('id', 'state', 'errors');
    if (run?.state !== 'succeeded')
      this.violations.push(`a run that nobody disturbed ended ${run?.state}: ${JSON.stringify(run?.errors)}`);
  }
}

const one = (ids: readonly string[], which: number): string | undefined => ids[which % Math.max(1, ids.length)];
