import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries';
import type { Launcher } from './launcher';
import { serverEnvironment } from './server-settings';

const run = promisify(execFile);

export const DATABASE_USER = 'patrondesk';

/** Kept inside the data directory, so that it appears and disappears with it. */
export interface Credentials {
  password: string;
  /** The port of the last start; taken again when it is free, so that addresses people noted down stay right. */
  port?: number | undefined;
}

/**
 * Makes the data directory unless it is there. A half-made one is never seen: it is made beside and renamed.
 * The caller holds the lock file.
 * @throws Error with a sentence for the operator when the directory is of another PostgreSQL version or not one at all.
 */
export async function ensureCluster(
  pgData: string,
  binaries: Binaries,
  launcher: Launcher,
  durable: boolean,
): Promise<void> {
  const versionFile = join(pgData, 'PG_VERSION');
  if (existsSync(versionFile)) {
    const version = readFileSync(versionFile, 'utf8').trim();
    if (version === binaries.major) return;
    throw new Error(
      `${pgData} was made by PostgreSQL ${version}, this is ${binaries.major}. Move it away to start afresh, or set DATABASE_URL.`,
    );
  }
  if (existsSync(pgData) && readdirSync(pgData).length > 0) {
    throw new Error(`${pgData} is not a PostgreSQL data directory. Move it away or set DATA_DIR to another place.`);
  }
  removeAbandoned(pgData);
  await initialize(pgData, binaries, launcher, durable);
}

function removeAbandoned(pgData: string): void {
  for (const name of readdirSync(dirname(pgData))) {
    if (name.startsWith(`${basename(pgData)}.init-`))
      rmSync(join(dirname(pgData), name), { recursive: true, force: true, maxRetries: 3 });
  }
}

async function initialize(pgData: string, binaries: Binaries, launcher: Launcher, durable: boolean): Promise<void> {
  const workshop = `${pgData}.init-${process.pid}`;
  const made = join(workshop, 'data');
  const passwordFile = join(workshop, 'password');
  const password = randomBytes(24).toString('base64url');
  mkdirSync(workshop, { mode: 0o700 });
  try {
    writeFileSync(passwordFile, password, { mode: 0o600 });
    launcher.handOver(workshop);
    const flags = [
      '-D',
      made,
      '--username',
      DATABASE_USER,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--no-instructions',
    ];
    await initdb(binaries, launcher, [...flags, ...(durable ? [] : ['--no-sync'])], made);
    writeCredentials(made, { password }, launcher);
    launcher.handOver(made);
    renameSync(made, pgData);
  } finally {
    rmSync(workshop, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * Order by ICU (a, A, ä, b …), as people expect. The character classes come from the C library all the same, and pg_trgm
 * asks those: with plain "C" it would not see a letter outside ASCII, and no trigram index would serve such a search.
 */
async function initdb(binaries: Binaries, launcher: Launcher, flags: string[], target: string): Promise<void> {
  let failure = '';
  for (const locale of ['C.UTF-8', 'en_US.UTF-8', 'C']) {
    const args = [...flags, '--locale-provider=icu', '--icu-locale=en-US', `--locale=${locale}`];
    const command = launcher.command(binaries.initdb, args);
    try {
      await run(command.file, command.args, { ...command.options, cwd: '/', env: serverEnvironment });
      return;
    } catch (error) {
      failure = String((error as { stderr?: string }).stderr ?? error).trim();
      rmSync(target, { recursive: true, force: true, maxRetries: 3 });
      if (!failure.includes('locale')) break;
    }
  }
  throw new Error(`The embedded PostgreSQL could not make its data directory ${dirname(dirname(target))}: ${failure}`);
}

export function readCredentials(pgData: string): Credentials {
  try {
    return JSON.parse(readFileSync(credentialsFile(pgData), 'utf8')) as Credentials;
  } catch (cause) {
    const denied = (cause as NodeJS.ErrnoException).code === 'EACCES';
    const remedy = denied ? 'It belongs to another user: run as that user' : 'Move the directory away to start afresh';
    throw new Error(`${credentialsFile(pgData)} cannot be read. ${remedy}, or set DATABASE_URL.`, { cause });
  }
}

/** Written beside and renamed, because another process may be reading. */
export function writeCredentials(pgData: string, credentials: Credentials, launcher: Launcher): void {
  const draft = `${credentialsFile(pgData)}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(credentials), { mode: 0o600 });
  launcher.handOver(draft);
  renameSync(draft, credentialsFile(pgData));
}

function credentialsFile(pgData: string): string {
  return join(pgData, 'patrondesk-connection.json');
}
