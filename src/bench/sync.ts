import { ensureEnvironmentCredential } from '../apps/connections/environment-credential.service';
import { runSync } from '../apps/sync/run-sync';
import { SyncRun, SyncRunResource } from '../apps/sync/sync-run.model';
import { requestSync } from '../apps/sync/sync-runs.service';
import type { Config } from '../config';
import type { Context } from '../context';
import type { Bench } from './bench';
import { benchConfig, withBenchContext } from './bench-context';
import { type DatabaseWork, databaseWork, difference } from './database-work';
import { printTable } from './print-table';
import { type SandboxProcess, startSandboxProcess } from './sandbox-process';
import { readAllMembers } from './wire-limit';

interface Pass {
  name: string;
  seconds: number;
  /** Of the members part alone. */
  membersSeconds: number;
  members: number;
  pages: number;
  /** Of this process, on all cores. */
  cpuSeconds: number;
  work: DatabaseWork | null;
  peakMegabytes: number;
}

/**
 * Syncs a campaign of `rows` members twice through the engine that schedule, command and button use, next to what the
 * same pages cost when they are only fetched and parsed: no sync can be faster than that.
 */
export async function benchSync({ rows, databaseUrl, print }: Bench): Promise<void> {
  const sandbox = await startSandboxProcess(['--members', String(rows), '--no-limits']);
  try {
    const config = configFor(databaseUrl, sandbox);
    const passes = [
      await syncPass('first sync', config, databaseUrl),
      await syncPass('second sync, nothing changed', config, databaseUrl),
      // Last, so that the sandbox is warm for it and its memory does not count as ours.
      await limitPass(sandbox),
    ];
    report(passes, print);
  } finally {
    sandbox.stop();
  }
}

function configFor(databaseUrl: string, sandbox: SandboxProcess): Config {
  return benchConfig(databaseUrl, {
    PATREON_BASE_URL: sandbox.url,
    PATREON_CLIENT_ID: sandbox.clientId,
    PATREON_CLIENT_SECRET: 'sandbox-secret',
    PATREON_CREATOR_ACCESS_TOKEN: sandbox.accessToken,
    PATREON_CREATOR_REFRESH_TOKEN: sandbox.refreshToken,
    PATREON_REQUESTS_PER_MINUTE: '0',
    PATREON_HOURLY_REQUEST_BUDGET: '10000000',
    PATREON_DAILY_REQUEST_BUDGET: '100000000',
  });
}

/** With connections of its own: PostgreSQL adds up what a connection wrote when it ends. */
async function syncPass(name: string, config: Config, databaseUrl: string): Promise<Pass> {
  const before = await databaseWork(databaseUrl);
  const ran = await withBenchContext(config, ranSync);
  return { name, ...ran, work: difference(await databaseWork(databaseUrl), before), peakMegabytes: peakMegabytes() };
}

async function ranSync(context: Context) {
  await ensureEnvironmentCredential(context);
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const { runId } = await requestSync(context, { trigger: 'cli', withoutJob: true });
  const state = await runSync(context, runId, new AbortController().signal);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpuSeconds = cpuSince(cpu);
  const run = await SyncRun.query().findById(runId);
  if (state !== 'succeeded') throw new Error(`The sync ended ${state}: ${JSON.stringify(run?.errors)}`);
  const members = (await SyncRunResource.listForRun(runId)).find((part) => part.resource === 'members');
  if (!members?.finished_at) throw new Error('The sync read no members.');
  const membersSeconds = (Date.parse(members.finished_at) - Date.parse(members.started_at)) / 1000;
  return { seconds, membersSeconds, cpuSeconds, members: members.fetched, pages: members.pages };
}

async function limitPass(sandbox: SandboxProcess): Promise<Pass> {
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const { members, pages } = await readAllMembers(sandbox);
  const seconds = (performance.now() - startedAt) / 1000;
  const nothing = { cpuSeconds: cpuSince(cpu), work: null, peakMegabytes: peakMegabytes() };
  return { name: 'fetch and parse only', seconds, membersSeconds: seconds, members, pages, ...nothing };
}

function cpuSince(then: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(then);
  return (user + system) / 1e6;
}

/** Of this process since it began: it only grows. */
const peakMegabytes = () => process.resourceUsage().maxRSS / 1024;

function report(passes: Pass[], print: (line: string) => void): void {
  const number = (value: number, digits = 0) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  printTable(
    ['', 'seconds', 'members: s', 'members/s', 'our CPU s', 'pages', 'rows new', 'changed', 'WAL MB', 'peak RSS MB'],
    passes.map(({ name, seconds, membersSeconds, members, cpuSeconds, pages, work, peakMegabytes }) => [
      name,
      number(seconds, 1),
      number(membersSeconds, 1),
      number(members / membersSeconds),
      number(cpuSeconds, 1),
      number(pages),
      work ? number(work.inserted) : '',
      work ? number(work.updated) : '',
      work ? number(work.walBytes / 1e6, 1) : '',
      number(peakMegabytes),
    ]),
    print,
  );
  const limit = passes.at(-1)?.membersSeconds ?? Number.NaN;
  print('');
  for (const { name, membersSeconds, work } of passes) {
    if (work === null) continue;
    print(`${name}: ${number(membersSeconds / limit, 2)} times the limit; ${number(work.pledgeEvents)} pledge events.`);
    if (work.updated > 0 || (work.inserted > 0 && name !== 'first sync')) print(`  rows by table: ${work.byTable}`);
  }
  print('Patreon itself answers at most 100 requests a minute, which is 833 members/s with their histories.');
  print('Rows new and changed are those of the mirror: members, pledge events, addresses, campaigns, tiers, posts.');
  print('WAL counts everything the server wrote meanwhile, its own upkeep too. The sandbox runs on the same cores.');
}
