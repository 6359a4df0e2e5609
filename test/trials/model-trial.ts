import fc from 'fast-check';
import { crashAtFailPoints } from './actor';
import { MirrorRig } from './mirror-rig';
import { type Sequence, sequences } from './model-commands';
import { ModelRun } from './model-run';
import { Wire } from './wire';

export interface ModelOptions {
  runs: number;
  seed: number;
  /** Replays one sequence: what a violation was reported with. */
  path?: string;
  /** Ends at the first violation instead of looking for the shortest sequence that leads to one. */
  endsAtOnce?: boolean;
  /** Called after each sequence. */
  onSequence?(done: number): void;
}

export interface ModelFigures {
  sequences: number;
  commands: number;
  runs: number;
  crashes: number;
  singleReads: number;
  heldRuns: number;
  markedGone: number;
  seconds: number;
}

const RUNNERS = 3;

/**
 * Random sequences of everything that may happen to a mirror, over a live sandbox. A violation is told with the shortest
 * sequence that was found, and with seed and path, which replay it.
 */
export async function modelTrial(
  databaseUrl: string,
  options: ModelOptions,
): Promise<{ figures: ModelFigures; violations: string[] }> {
  const rig = await MirrorRig.start(databaseUrl, RUNNERS);
  const wire = new Wire();
  const disarm = crashAtFailPoints();
  const figures: ModelFigures = {
    sequences: 0,
    commands: 0,
    runs: 0,
    crashes: 0,
    singleReads: 0,
    heldRuns: 0,
    markedGone: 0,
    seconds: 0,
  };
  const begun = performance.now();
  try {
    const holds = fc.asyncProperty(sequences, async (sequence) => {
      await carryOut(rig, wire, sequence, figures);
      options.onSequence?.(figures.sequences);
    });
    const { runs: numRuns, seed, path, endsAtOnce: endOnFailure = false } = options;
    const result = await fc.check(holds, { numRuns, seed, endOnFailure, ...(path === undefined ? {} : { path }) });
    figures.seconds = Math.round((performance.now() - begun) / 1000);
    return { figures, violations: result.failed ? [describe(result)] : [] };
  } finally {
    disarm();
    wire.restore();
    await rig.close();
  }
}

async function carryOut(rig: MirrorRig, wire: Wire, sequence: Sequence, figures: ModelFigures): Promise<void> {
  const run = new ModelRun(rig, wire);
  try {
    await run.execute(sequence);
  } finally {
    await run.fleet.drain();
  }
  figures.sequences += 1;
  figures.commands += sequence.commands.length;
  figures.runs += run.figures.runs;
  figures.crashes += run.fleet.crashes;
  figures.singleReads += run.figures.singleReads;
  figures.heldRuns += run.figures.held;
  figures.markedGone += run.figures.gone;
  if (run.violations.length > 0) throw new Error(run.violations.slice(0, 8).join('\n'));
}

function describe(result: fc.RunDetails<[Sequence]>): string {
  const { seed, counterexamplePath: path, counterexample, errorInstance } = result;
  const words = errorInstance instanceof Error ? errorInstance.stack : String(errorInstance);
  const [sequence] = counterexample ?? [];
  const commands = sequence?.commands.map((command) => `  ${JSON.stringify(command)}`).join('\n');
  return `seed ${seed}, path ${path}\n${JSON.stringify(sequence?.world)}\n${commands}\n${words}`;
}
