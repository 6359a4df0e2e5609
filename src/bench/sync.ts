import { randomBytes } from 'node:crypto';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { Bench } from './bench';
import { measureCopyAndMerge } from './copy-and-merge';
import { type DatabaseWork, databaseWork, difference } from './database-work';
import { startProcess } from './measured-process';
import { printTable } from './print-table';
import { measureRowByRow } from './row-by-row';
import { type SandboxProcess, startSandboxProcess } from './sandbox-process';
import { plainKnex, withDatabaseBeside } from './scratch-database';
import type { Measured, SyncTask } from './sync-process';
import { type PatreonAccess, readAllMembers } from './wire-limit';

interface Pass extends Measured {
  name: string;
  work: DatabaseWork;
}

interface Limits {
  /** (a) Fetching and parsing the same pages. */
  wire: Measured;
  /** (b) PostgreSQL's COPY and merge of the same rows; null when it could not be measured. */
  copySeconds: number | null;
  /** (c) Members a second, row by row. */
  rowByRow: number;
}

/**
 * Syncs a campaign of `rows` members three times through the engine that schedule, command and button use, beside what no
 * sync can be faster than and what the systems before it did. The sandbox's answers are recorded first, so that all of
 * them read the same bytes and none waits for the sandbox.
 */
export async function benchSync({ rows, databaseUrl, print }: Bench): Promise<void> {
  const sandbox = await startSandboxProcess(['--members', String(rows), '--no-limits']);
  const recorded = startProcess(join(__dirname, 'recorded-patreon.js'));
  try {
    const url = await recorded.run<string>('serve', sandbox.url);
    const access = { url, accessToken: sandbox.accessToken };
    await readAllMembers(access);
    await recorded.run('takeMisses');
    const task = { databaseUrl, settings: settingsFor(url, sandbox) };
    const before = load();
    const passes = [await syncPass('first pass', task), await syncPass('unchanged', task)];
    const limits = await measureLimits(access, databaseUrl);
    await recorded.run('change');
    passes.push(await syncPass('1 % changed', task));
    report(passes, limits, print);
    print(`Load of the machine: ${before} before, ${load()} after; the recorded pages are served from the same cores.`);
  } finally {
    recorded.stop();
    sandbox.stop();
  }
}

const load = () =>
  loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');

function settingsFor(url: string, sandbox: SandboxProcess): NodeJS.ProcessEnv {
  return {
    ENCRYPTION_KEYS: `bench:${randomBytes(32).toString('base64')}`,
    PATREON_BASE_URL: url,
    PATREON_CLIENT_ID: sandbox.clientId,
    PATREON_CLIENT_SECRET: 'sandbox-secret',
    PATREON_CREATOR_ACCESS_TOKEN: sandbox.accessToken,
    PATREON_CREATOR_REFRESH_TOKEN: sandbox.refreshToken,
    PATREON_REQUESTS_PER_MINUTE: '0',
    PATREON_HOURLY_REQUEST_BUDGET: '10000000',
    PATREON_DAILY_REQUEST_BUDGET: '100000000',
  };
}

/** In a process of its own, whose connections have ended when PostgreSQL is asked: it adds up what they wrote then. */
async function syncPass(name: string, task: SyncTask): Promise<Pass> {
  await settle(task.databaseUrl);
  const before = await databaseWork(task.databaseUrl);
  const measured = await inProcess('sync', task);
  return { name, ...measured, work: difference(await databaseWork(task.databaseUrl), before) };
}

/** Does now what the server would do by itself soon, and would otherwise do during the next pass. */
async function settle(databaseUrl: string): Promise<void> {
  const knex = plainKnex(databaseUrl);
  await knex.raw('vacuum (analyze)').finally(() => knex.destroy());
}

async function inProcess(name: 'sync' | 'fetchAndParse', argument: SyncTask | PatreonAccess): Promise<Measured> {
  const child = startProcess(join(__dirname, 'sync-process.js'));
  return child.run<Measured>(name, argument).finally(() => child.stop());
}

async function measureLimits(access: PatreonAccess, databaseUrl: string): Promise<Limits> {
  const wire = await inProcess('fetchAndParse', access);
  return withDatabaseBeside(databaseUrl, async (besideUrl) => {
    const copySeconds = await measureCopyAndMerge(databaseUrl, besideUrl);
    return { wire, copySeconds, rowByRow: await measureRowByRow(copySeconds === null ? databaseUrl : besideUrl) };
  });
}

const number = (value: number, digits = 0) =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

function report(passes: Pass[], limits: Limits, print: (line: string) => void): void {
  const members = limits.wire.members;
  const blank = ['', '', '', '', ''];
  printTable(
    [
      'members with users and histories',
      'seconds',
      'members/s',
      'CPU s',
      'peak MB',
      'new',
      'changed',
      'gone',
      'WAL B/member',
    ],
    [
      ...passes.map((pass) => [pass.name, ...speed(pass), ...written(pass)]),
      ['(a) fetch and parse only', ...speed(limits.wire)],
      limits.copySeconds === null
        ? ['(b) not measured: the server may not use files', ...blank]
        : ['(b) COPY and merge', number(limits.copySeconds, 1), number(members / limits.copySeconds)],
      ['(c) row by row, from a sample', number(members / limits.rowByRow, 1), number(limits.rowByRow)],
    ],
    print,
  );
  print('');
  for (const line of ratios(passes, limits, members)) print(line);
  print('');
  for (const { name, work } of passes) print(`${name}: ${work.byTable}`);
  print(`${number(passes[0]?.work.pledgeEvents ?? 0)} pledge events after the first pass.`);
  print(
    '(c) stores 1,000 of the members again, in batches of 50, and is multiplied; fetching and parsing are not in it.',
  );
  print(
    'WAL counts all that the server wrote meanwhile. Seconds and peak are those of the process that read the pages.',
  );
}

function speed({ seconds, members, cpuSeconds, peakMegabytes }: Measured): string[] {
  return [number(seconds, 1), number(members / seconds), number(cpuSeconds, 1), number(peakMegabytes)];
}

function written({ members, work }: Pass): string[] {
  const { inserted, updated, deleted, walBytes } = work;
  return [...[inserted, updated, deleted].map((count) => number(count)), number(walBytes / members, 2)];
}

function ratios(passes: Pass[], { wire, copySeconds, rowByRow }: Limits, members: number): string[] {
  const slower = Math.max(wire.seconds, copySeconds ?? 0);
  const [first, ...later] = passes as [Pass, ...Pass[]];
  const times = (value: number) => `${number(value, 2)} times`;
  return [
    `first pass: ${times(first.seconds / slower)} the slower of (a) and (b) (aim: at most 1.3), ` +
      `${times(members / first.seconds / rowByRow)} as fast as (c) (aim: at least 20)`,
    ...later.map(
      ({ name, seconds }) =>
        `${name}: ${times(wire.seconds / seconds)} as fast as (a) (aim for unchanged: at least 0.5)`,
    ),
  ];
}
