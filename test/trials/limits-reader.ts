import { setTimeout as sleep } from 'node:timers/promises';
import { connectionProblems } from '../../src/apps/connections/connection-status.service';
import { patreonClientFor } from '../../src/apps/connections/patreon-client.service';
import { requestUsage } from '../../src/apps/connections/request-budget.service';
import { runSync } from '../../src/apps/sync/run-sync';
import { requestSync } from '../../src/apps/sync/sync-runs.service';
import { type Context, createContext } from '../../src/context';
import { createLogger } from '../../src/logger';
import type { PatreonClient } from '../../src/patreon/client';
import { serveTrial, trialConfig } from './trial-processes';

/** `sync` reads everything over and over; `reads` reads single members and pages of posts, and the status meanwhile. */
export interface ReadOrder {
  kind: 'sync' | 'reads';
  milliseconds: number;
}

export interface ReadAnswer {
  /** Runs or reads that came to their end. */
  done: number;
  failures: string[];
  statusLooks: number;
}

/** So many single reads are asked for at once, more than the pace lets through. */
const READERS = 4;

serveTrial<ReadOrder, ReadAnswer>(async (settings) => {
  const config = trialConfig(settings);
  const context = await createContext(config, { log: createLogger({ level: config.logLevel, pretty: false }) });
  return async ({ kind, milliseconds }) => {
    const figures: ReadAnswer = { done: 0, failures: [], statusLooks: 0 };
    const stop = AbortSignal.timeout(milliseconds);
    const client = await patreonClientFor(context, settings.credentialId, { signal: stop });
    const repeat = async (work: () => Promise<unknown>) => {
      while (!stop.aborted)
        await work().then(
          () => countDone(figures),
          (error) => countFailure(figures, stop, error),
        );
    };
    const work = kind === 'sync' ? [repeat(() => sync(context, stop))] : singleReads(client).map(repeat);
    await Promise.all([...work, watchStatus(context, figures, stop)]);
    return figures;
  };
});

function countDone(figures: ReadAnswer): void {
  figures.done += 1;
}

function countFailure({ failures }: ReadAnswer, stop: AbortSignal, error: unknown): void {
  if (!stop.aborted) failures.push(String(error));
}

async function sync(context: Context, stop: AbortSignal): Promise<void> {
  const { runId } = await requestSync(context, { trigger: 'cli', withoutJob: true });
  const outcome = await runSync(context, runId, stop);
  if (outcome !== 'succeeded' && !stop.aborted) throw new Error(`the run ended ${outcome}`);
}

function singleReads(client: PatreonClient): (() => Promise<unknown>)[] {
  const read = async () => {
    const [campaign] = (await client.listCampaigns()).items;
    const [member] = (await client.listMembers(campaign?.id ?? '', { count: 1 })).items;
    await client.getMember(member?.id ?? '');
    await client.listPosts(campaign?.id ?? '');
  };
  return Array.from({ length: READERS }, () => read);
}

async function watchStatus(context: Context, figures: ReadAnswer, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await requestUsage(context);
    await connectionProblems(context);
    figures.statusLooks += 1;
    await sleep(500, undefined, { signal: stop }).catch(() => undefined);
  }
}
