import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runSync } from '../../src/apps/sync/run-sync';
import { watchFailPoints } from '../../src/lib/fail-points';
import { seededRandom } from '../support/seeded-random';
import { contradictionsInChanges } from './change-history';
import { KILL_SCENARIOS, type KillScenario } from './kill-scenarios';
import { MirrorRig } from './mirror-rig';
import { describeDifference, differencesFromTruth } from './mirror-truth';
import type { SyncOrder } from './sync-child';
import { TrialProcess } from './trial-processes';

export interface KillSweepOptions {
  kills: number;
  seed: number;
  /** Only the scenario of this name. */
  scenario?: string;
  /** Called after each kill with what is wrong so far. */
  onKill?(done: number, violations: readonly string[]): void;
}

export interface KillSweepFigures {
  kills: number;
  /** By the name of the fail point, `at a random moment` among them. */
  byPlace: Record<string, number>;
  byScenario: Record<string, number>;
  /** The mirror was the truth as soon as somebody else had finished the run that was killed. */
  convergedByTakeover: number;
  /** One further run was needed: people came and went while the pages were read. */
  convergedByFurtherRun: number;
  notConverged: number;
  seconds: number;
}

interface Kill {
  scenario: KillScenario;
  /** A fail point and which time it is passed; null for a random moment. */
  place: { name: string; n: number } | null;
  /** Of a random moment. */
  afterMs: number;
}

const RANDOM = 'at a random moment';
const CHILD = join(__dirname, 'sync-child.ts');
const neverStops = new AbortController().signal;
const SOON_MS = 10;
/** Every fourth kill hits a random moment. */
const RANDOM_SHARE = 0.25;
const DEAREST = 'many gone, confirmed by a second pass';

/** Kills processes at work at every place and at random moments; afterwards one further run at most has to mend all. */
export async function killSweepTrial(
  databaseUrl: string,
  options: KillSweepOptions,
): Promise<{ figures: KillSweepFigures; violations: string[] }> {
  const rig = await MirrorRig.start(databaseUrl, 0);
  const children = new Children(rig);
  const sweep = new KillSweep(rig, children);
  const begun = performance.now();
  try {
    for (const kill of await planKills(rig, options)) {
      if (sweep.figures.kills >= options.kills) break;
      await sweep.carryOut(kill);
      options.onKill?.(sweep.figures.kills, sweep.violations);
    }
    sweep.figures.seconds = Math.round((performance.now() - begun) / 1000);
    return { figures: sweep.figures, violations: sweep.violations };
  } finally {
    await children.close();
    await rig.close();
  }
}

/** Each place of each scenario at least once, then as many as are wanted, in an order that the seed decides. */
async function planKills(rig: MirrorRig, { kills, seed, scenario: only }: KillSweepOptions): Promise<Kill[]> {
  const random = seededRandom(seed);
  const places: Kill[] = [];
  const moments: Kill[] = [];
  for (const scenario of KILL_SCENARIOS.filter(({ name }) => only === undefined || name === only)) {
    const { passed, ms } = await rehearse(rig, scenario);
    for (const [name, times] of passed)
      for (let n = 1; n <= times; n++) places.push({ scenario, place: { name, n }, afterMs: 0 });
    const afterMs = () => Math.round(random() * ms * 1.2);
    for (let n = 0; n < Math.ceil(kills * RANDOM_SHARE); n++)
      moments.push({ scenario, place: null, afterMs: afterMs() });
  }
  const shuffled = (list: Kill[]) =>
    list.map((kill) => ({ kill, key: rank(kill) + random() })).sort((a, b) => a.key - b.key);
  const chosen = [
    ...shuffled(places).slice(0, kills - Math.floor(kills * RANDOM_SHARE)),
    // More than are needed: some moments come when the run is over already.
    ...shuffled(moments),
  ];
  return chosen.map(({ kill }) => kill);
}

/** First times first; what takes long to prepare is repeated last. */
function rank({ scenario, place }: Kill): number {
  if (place?.n === 1) return 0;
  return scenario.name === DEAREST ? 2 : 1;
}

/** Which places a run passes that nobody kills, and how long it takes. */
async function rehearse(rig: MirrorRig, scenario: KillScenario): Promise<{ passed: Map<string, number>; ms: number }> {
  const passed = new Map<string, number>();
  const runId = await scenario.prepare(rig);
  watchFailPoints((name) => passed.set(name, (passed.get(name) ?? 0) + 1));
  const begun = performance.now();
  const outcome = await runSync(rig.context, runId, neverStops);
  watchFailPoints(() => undefined);
  if (!goodEnds(scenario).includes(outcome))
    throw new Error(`${scenario.name} ends ${outcome} although nobody kills it`);
  return { passed, ms: performance.now() - begun };
}

/** Where so many come and go that Patreon counts more than its pages held, a run says so. */
const goodEnds = ({ isLive }: KillScenario): string[] => (isLive ? ['succeeded', 'partial'] : ['succeeded']);

class KillSweep {
  readonly violations: string[] = [];
  readonly figures: KillSweepFigures = {
    kills: 0,
    byPlace: {},
    byScenario: {},
    convergedByTakeover: 0,
    convergedByFurtherRun: 0,
    notConverged: 0,
    seconds: 0,
  };

  constructor(
    private readonly rig: MirrorRig,
    private readonly children: Children,
  ) {}

  async carryOut(kill: Kill): Promise<void> {
    const { scenario, place } = kill;
    const runId = await scenario.prepare(this.rig);
    const isKilled = await this.children.kill(runId, kill);
    const told = `${scenario.name}, killed ${place === null ? `after ${kill.afterMs} ms` : `at ${place.name}@${place.n}`}`;
    // A random moment may come too late; then nothing was tried yet.
    if (!isKilled && place === null) {
      if (kill.afterMs > SOON_MS) await this.carryOut({ ...kill, afterMs: Math.floor(kill.afterMs / 2) });
      return;
    }
    if (!isKilled) this.violations.push(`${told}: the place was never passed`);
    this.count(this.figures.byPlace, place?.name ?? RANDOM);
    this.count(this.figures.byScenario, scenario.name);
    this.figures.kills += 1;
    await this.rig.expireLease(runId);
    await runSync(this.rig.context, runId, neverStops);
    await this.rig.control.reset();
    this.violations.push(...(await this.judge(scenario, runId)).map((words) => `${told}: ${words}`));
  }

  private count(figures: Record<string, number>, name: string): void {
    figures[name] = (figures[name] ?? 0) + 1;
  }

  private async judge(scenario: KillScenario, runId: number): Promise<string[]> {
    const { rig, figures } = this;
    const { knex } = rig.context;
    const wrong = await this.stuck(scenario, runId);
    let differences = await differencesFromTruth(knex, rig.sandbox.url);
    if (differences.length === 0) figures.convergedByTakeover += 1;
    else {
      if (!scenario.isLive) wrong.push('whoever took the run over did not mend it all', ...shown(differences));
      const { state } = await rig.sync();
      if (state !== 'succeeded') wrong.push(`the further run ended ${state}`);
      differences = await differencesFromTruth(knex, rig.sandbox.url);
      if (differences.length === 0) figures.convergedByFurtherRun += 1;
      else {
        figures.notConverged += 1;
        wrong.push('not converged', ...shown(differences));
      }
    }
    return [...wrong, ...(await contradictionsInChanges(knex))];
  }

  private async stuck(scenario: KillScenario, runId: number): Promise<string[]> {
    const { knex } = this.rig.context;
    const state = await this.rig.stateOf(runId);
    const locks = await knex('sync_locks').pluck('run_id');
    const staged = await knex('sync_staged_records').pluck('patreon_id');
    return [
      ...(goodEnds(scenario).includes(state) ? [] : [`the run that was taken over is ${state}`]),
      ...(locks.length === 0 ? [] : [`locks of run ${locks} are left`]),
      ...(staged.length === 0 ? [] : [`${staged.length} staged records are left`]),
    ];
  }
}

const shown = (differences: Parameters<typeof describeDifference>[0][]) =>
  differences.slice(0, 5).map(describeDifference);

/** Processes that wait to be killed; starting one takes longer than its run. */
class Children {
  private readonly spare: Promise<TrialProcess<SyncOrder, string>>[] = [];

  constructor(private readonly rig: MirrorRig) {
    for (let n = 0; n < 2; n++) this.prepare();
  }

  /** Lets a process execute the run and ends it at the place or moment. False when it came to its end before. */
  async kill(runId: number, { place, afterMs }: Kill): Promise<boolean> {
    const child = (await this.spare.shift()) as TrialProcess<SyncOrder, string>;
    this.prepare();
    const failPoints = place === null ? '' : `${place.name}@${place.n}`;
    const ended = child.send({ sandboxUrl: this.rig.sandbox.url, runId, failPoints }).then(
      () => false,
      () => true,
    );
    if (place === null) await Promise.race([ended, sleep(afterMs)]);
    else await ended;
    await child.stop();
    return ended;
  }

  async close(): Promise<void> {
    for (const child of this.spare) await (await child).stop();
  }

  private prepare(): void {
    const child = TrialProcess.start<SyncOrder, string>(CHILD, { ...this.rig.settings, credentialId: 0 });
    child.catch(() => undefined);
    this.spare.push(child);
  }
}
