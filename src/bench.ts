import { spawnSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Bench } from './bench/bench';
import { benchDashboard } from './bench/dashboard';
import { benchExport } from './bench/export';
import { benchLists } from './bench/lists';
import { benchMembers } from './bench/members';
import { benchPosts } from './bench/posts';
import { benchPreview } from './bench/preview';
import { plainKnex, withScratchDatabase } from './bench/scratch-database';
import { benchSync } from './bench/sync';
import { exitWith } from './process';

const BENCHES: Record<string, (bench: Bench) => Promise<unknown>> = {
  members: benchMembers,
  lists: benchLists,
  dashboard: benchDashboard,
  export: benchExport,
  preview: benchPreview,
  posts: benchPosts,
  sync: benchSync,
};

const USAGE = `Usage: npm run bench -- [${Object.keys(BENCHES).join('|')}] [--rows N]
  --rows N   members, or posts, to measure with (100,000)`;

/** Measures what design section 10 promises, on this machine, in a database that is made for it and dropped. */
async function main(): Promise<void> {
  const asked = parse(process.argv.slice(2));
  if (asked === null) {
    process.stderr.write(`${USAGE}\n`);
    process.exitCode = 2;
    return;
  }
  // Each in a process of its own: peak memory is a figure of the whole process.
  if (asked.names.length > 1) process.exitCode = runEach(asked.names, asked.rows);
  else await withScratchDatabase((databaseUrl) => measure(asked.names[0] as string, { ...asked, databaseUrl, print }));
}

function parse(args: string[]): { names: string[]; rows: number } | null {
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { rows: { type: 'string' } } });
    const rows = (values.rows ?? '100000').replaceAll(/[_,]/g, '');
    const known = positionals.every((name) => Object.hasOwn(BENCHES, name));
    if (!known || !/^[1-9]\d{0,6}$/.test(rows)) return null;
    return { names: positionals.length > 0 ? positionals : Object.keys(BENCHES), rows: Number(rows) };
  } catch {
    return null;
  }
}

function runEach(names: string[], rows: number): number {
  const codes = names.map((name) => {
    const args = [...process.execArgv, __filename, name, '--rows', String(rows)];
    return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
  });
  return Math.max(...codes);
}

async function measure(name: string, bench: Bench): Promise<void> {
  print(`\n${name}: ${bench.rows.toLocaleString('en')} ${name === 'posts' ? 'posts' : 'members'}`);
  print(await machine(bench.databaseUrl));
  print('');
  await BENCHES[name]?.(bench);
}

async function machine(databaseUrl: string): Promise<string> {
  const knex = plainKnex(databaseUrl);
  try {
    const { rows } = await knex.raw(
      `select current_setting('server_version') as version, current_setting('shared_buffers') as buffers,
              current_setting('fsync') as fsync, current_setting('synchronous_commit') as commits`,
    );
    const { version, buffers, fsync, commits } = rows[0];
    const cores = cpus();
    return [
      `${cores.length} cores (${cores[0]?.model.trim() ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GB`,
      `Node ${process.versions.node}`,
      `PostgreSQL ${version} (shared_buffers ${buffers}, fsync ${fsync}, synchronous_commit ${commits})`,
    ].join(' · ');
  } finally {
    await knex.destroy();
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch(exitWith);
