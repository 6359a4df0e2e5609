import { setTimeout as sleep } from 'node:timers/promises';
import cliProgress, { type SingleBar } from 'cli-progress';
import type { Context } from '../../context';
import { SyncRun, SyncRunResource } from './sync-run.model';
import { reasonToWait } from './wait-out-holds';

const LOOK_MS = 300;
/** Shorter pauses belong to the pace. */
const WORTH_TELLING_MS = 3_000;
const FORMAT = '{part} |{bar}| {pages} pages · {value}/{total} rows · {rate} rows/s · {eta_formatted} left';

type Part = Awaited<ReturnType<typeof SyncRunResource.listForRun>>[number];

/** Tells on standard error how a run goes on: a bar on a terminal, lines elsewhere. Ends with the signal. */
export async function watchRun(context: Context, runId: number, signal: AbortSignal, verbosity: number): Promise<void> {
  const isTerminal = process.stderr.isTTY === true;
  const bar = isTerminal ? new PartBar() : null;
  const told = new Map<string, string>();
  let toldUntil: string | null = null;
  while (!signal.aborted) {
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    const now = context.clock.now().getTime();
    const until = await waitingUntil(runId, now);
    if (until !== null && until !== toldUntil) {
      toldUntil = until;
      bar?.stop();
      process.stderr.write(await waitingLine(context, runId, until));
    }
    for (const part of await SyncRunResource.listForRun(runId)) {
      const name = nameOf(part);
      if (part.state === 'running') bar?.show(part, now);
      const line = lineOf(part, now, verbosity);
      const isNews = (part.state !== 'running' || verbosity >= 2) && told.get(name) !== line;
      if (isNews && (!isTerminal || (verbosity >= 2 && part.state !== 'running'))) {
        bar?.stop();
        process.stderr.write(`${name}: ${line}\n`);
      }
      told.set(name, line);
    }
  }
  bar?.stop();
}

/** To the second, so that a wait which is noted again is the same; null while there is none worth a line. */
async function waitingUntil(runId: number, now: number): Promise<string | null> {
  const run = await SyncRun.query().findById(runId).select('waiting_until');
  const until = run?.waiting_until ? Date.parse(run.waiting_until) : 0;
  return until - now < WORTH_TELLING_MS ? null : `${new Date(until).toISOString().slice(0, 19)}Z`;
}

const WAITING = { waiting: 'our request budget is spent', onHold: 'requests to Patreon are on hold' };

async function waitingLine(context: Context, runId: number, until: string): Promise<string> {
  return `Run ${runId} waits until ${until}: ${WAITING[await reasonToWait(context)]}. It goes on by itself.\n`;
}

const nameOf = (part: Part) => `${part.campaign_name ?? part.patreon_id}: ${part.resource}`;

interface Pace {
  /** Rows a second. */
  rate: number;
  /** Seconds that are left; null when nothing tells. */
  left: number | null;
}

function paceOf({ started_at, finished_at, fetched, reported_total }: Part, now: number): Pace {
  const end = finished_at ? Date.parse(finished_at) : now;
  const seconds = Math.max(0.1, (end - Date.parse(started_at)) / 1000);
  const rate = fetched / seconds;
  const missing = (reported_total ?? 0) - fetched;
  return { rate: Math.round(rate), left: rate > 0 && missing > 0 ? Math.ceil(missing / rate) : null };
}

function lineOf(part: Part, now: number, verbosity: number): string {
  if (verbosity < 2) return part.state;
  const { rate, left } = paceOf(part, now);
  const counts = `${part.state}, ${part.pages} pages, ${part.fetched} rows, ${rate} rows/s`;
  return part.state === 'running' && left !== null ? `${counts}, about ${left} s left` : counts;
}

/** One bar, for the part that is being read. */
class PartBar {
  private readonly bar: SingleBar = new cliProgress.SingleBar({
    format: FORMAT,
    hideCursor: true,
    stream: process.stderr,
  });
  private current: string | null = null;

  show(part: Part, now: number): void {
    const name = nameOf(part);
    const payload = { part: name, pages: part.pages, rate: paceOf(part, now).rate };
    const total = Math.max(part.reported_total ?? 0, part.fetched);
    if (this.current !== name) {
      this.stop();
      this.bar.start(total, part.fetched, payload);
      this.current = name;
    }
    this.bar.setTotal(total);
    this.bar.update(part.fetched, payload);
  }

  stop(): void {
    if (this.current !== null) this.bar.stop();
    this.current = null;
  }
}
