import { ensureEnvironmentCredential } from '../apps/connections/environment-credential.service';
import { runSync } from '../apps/sync/run-sync';
import { SyncRun, SyncRunResource } from '../apps/sync/sync-run.model';
import { requestSync } from '../apps/sync/sync-runs.service';
import type { Context } from '../context';
import { benchConfig, withBenchContext } from './bench-context';
import { answerParent } from './measured-process';
import { type PatreonAccess, readAllMembers } from './wire-limit';

/** What one process did. */
export interface Measured {
  /** Of the members part alone. */
  seconds: number;
  members: number;
  pages: number;
  /** Of that process, on all cores. */
  cpuSeconds: number;
  peakMegabytes: number;
}

export interface SyncTask {
  databaseUrl: string;
  settings: NodeJS.ProcessEnv;
}

/** One run through the engine that schedule, command and button use. */
async function sync({ databaseUrl, settings }: SyncTask): Promise<Measured> {
  return withBenchContext(benchConfig(databaseUrl, settings), ranSync);
}

async function ranSync(context: Context): Promise<Measured> {
  await ensureEnvironmentCredential(context);
  const { runId } = await requestSync(context, { trigger: 'cli', withoutJob: true });
  const state = await runSync(context, runId, new AbortController().signal);
  const run = await SyncRun.query().findById(runId);
  if (state !== 'succeeded') throw new Error(`The sync ended ${state}: ${JSON.stringify(run?.errors)}`);
  const members = (await SyncRunResource.listForRun(runId)).find((part) => part.resource === 'members');
  if (!members?.finished_at) throw new Error('The sync read no members.');
  const seconds = (Date.parse(members.finished_at) - Date.parse(members.started_at)) / 1000;
  return { seconds, members: members.fetched, pages: members.pages, ...usage() };
}

async function fetchAndParse(access: PatreonAccess): Promise<Measured> {
  const startedAt = performance.now();
  const { members, pages } = await readAllMembers(access);
  return { seconds: (performance.now() - startedAt) / 1000, members, pages, ...usage() };
}

function usage() {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMegabytes: maxRSS / 1024 };
}

answerParent({
  sync: (task) => sync(task as SyncTask),
  fetchAndParse: (access) => fetchAndParse(access as PatreonAccess),
});
