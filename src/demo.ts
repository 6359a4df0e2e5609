import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import cliProgress from 'cli-progress';
import { createSignInLink } from './apps/accounts/sign-in-links.service';
import { ensureEnvironmentCredential } from './apps/connections/environment-credential.service';
import { SyncRun, SyncRunResource } from './apps/sync/sync-run.model';
import { requestSync } from './apps/sync/sync-runs.service';
import { loadConfig } from './config';
import { type Context, withContext } from './context';
import { projectPath } from './lib/project-path';
import { createLogger, type Logger } from './logger';
import { exitWith, runUntilStopped, type Stop } from './process';
import { serve } from './serve';
import { prepareDatabase } from './start-up';

/** Always the same, so that a second start finds the addresses that the first one mirrored. */
const SANDBOX_PORT = 4010;
const PANEL_PORT = 3000;
/** The client that the sandbox knows by itself; invented, and good for nothing else. */
const SANDBOX_CLIENT = { id: 'sandbox-client', secret: 'sandbox-secret' };
const MEMBERS = 2_500;
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;
const LINK_SECONDS = 24 * 60 * 60;

/** The whole product in one command: a simulated Patreon with a believable page, and a panel that is connected to it. */
async function main(): Promise<void> {
  const log = createLogger({ level: 'warn', pretty: process.stderr.isTTY === true });
  await runUntilStopped(log, () => start(log));
}

async function start(log: Logger): Promise<Stop> {
  say('Starting the sandbox, a Patreon that runs on this machine …');
  const port = process.env.PORT ?? String(await freePort(PANEL_PORT));
  const dataDir = resolve(projectPath(), process.env.DATA_DIR ?? './.data', 'demo');
  const sandbox = await startSandbox(port, dataDir);
  const tokens = await mintTokens(sandbox.url);
  const config = loadConfig({
    ...process.env,
    PORT: port,
    PUBLIC_URL: undefined,
    NODE_ENV: 'development',
    DATABASE_URL: undefined,
    DATA_DIR: dataDir,
    PATREON_BASE_URL: sandbox.url,
    PATREON_CLIENT_ID: SANDBOX_CLIENT.id,
    PATREON_CLIENT_SECRET: SANDBOX_CLIENT.secret,
    PATREON_CREATOR_ACCESS_TOKEN: tokens.access_token,
    PATREON_CREATOR_REFRESH_TOKEN: tokens.refresh_token,
  });
  const stop = await withContext(config, { log }, (context) => openPanel(context, sandbox.url));
  return async () => {
    await stop();
    sandbox.child.kill('SIGTERM');
  };
}

/** Seeds, serves and syncs; tells where everything is. Answers how to stop serving. */
async function openPanel(context: Context, sandboxUrl: string): Promise<Stop> {
  await prepareDatabase(context);
  await context.knex.seed.run({ directory: join(__dirname, '..', 'seeds'), loadExtensions: ['.js', '.ts'] });
  const credentialId = await ensureEnvironmentCredential(context);
  const serving = await serve(context);
  const known = await context.knex('patreon_campaigns').first('id');
  const { runId } = await requestSync(context, {
    trigger: known ? 'schedule' : 'connect',
    credentialId: credentialId ?? undefined,
  });
  if (!known) await followRun(context, runId);
  const owner = await context.knex('staff').where({ email: 'demo@example.com' }).first('id');
  const link = await createSignInLink(context, owner.id, LINK_SECONDS);
  process.stdout.write(
    [
      '',
      '  The demo is ready. This link signs you in as the owner (it works once; start again for a new one):',
      `  ${link}`,
      '',
      `  Panel    ${context.config.http.publicUrl}/patreon/`,
      `  Sandbox  ${sandboxUrl}`,
      '  Ctrl-C stops both. What you change is kept for the next time.',
      '',
      '',
    ].join('\n'),
  );
  return serving.stop;
}

function say(line: string): void {
  process.stderr.write(`  ${line}\n`);
}

async function startSandbox(panelPort: string, dataDir: string): Promise<{ url: string; child: ChildProcess }> {
  const port = await freePort(SANDBOX_PORT);
  const callbacks = ['localhost', '127.0.0.1'].flatMap((host) => [
    '--redirect-uri',
    `http://${host}:${panelPort}/patreon/oauth/callback/`,
  ]);
  const script = join(__dirname, 'sandbox', 'server.js');
  const child = spawn(
    process.execPath,
    [
      script,
      '--with-parent',
      ...['--port', String(port)],
      ...['--members', String(MEMBERS)],
      ...['--anchor', anchor(dataDir)],
      ...callbacks,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  process.on('exit', () => child.kill('SIGTERM'));
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const first = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => null)]);
  if (!first) throw new Error('The sandbox did not start.');
  return { url: (JSON.parse(String(first[0])) as { url: string }).url, child };
}

interface Tokens {
  access_token: string;
  refresh_token: string;
}

/**
 * When the invented histories end. Kept for a week, so that a second start finds the people as they were; then they
 * move on, so that the demo is never out of date.
 */
function anchor(dataDir: string): string {
  const file = join(dataDir, 'sandbox-anchor');
  mkdirSync(dataDir, { recursive: true });
  const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (age > WEEK_MS) writeFileSync(file, new Date().toISOString());
  return readFileSync(file, 'utf8');
}

async function mintTokens(url: string): Promise<Tokens> {
  const answer = await fetch(`${url}/_sandbox/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  if (!answer.ok) throw new Error(`The sandbox gave no tokens (${answer.status}).`);
  return (await answer.json()) as Tokens;
}

/** The wished port, or the next free one above it. */
async function freePort(wished: number): Promise<number> {
  for (let port = wished; port < wished + 50; port += 1) {
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    server.close();
    if (free) return port;
  }
  throw new Error(`No port from ${wished} on is free.`);
}

async function followRun(context: Context, runId: number): Promise<void> {
  const bar = new cliProgress.SingleBar({
    format: '  First sync |{bar}| {value}/{total} {part}',
    stream: process.stderr,
    noTTYOutput: true,
    notTTYSchedule: 5_000,
  });
  bar.start(MEMBERS, 0, { part: '' });
  for (;;) {
    const [run, parts] = await Promise.all([SyncRun.query().findById(runId), SyncRunResource.listForRun(runId)]);
    const fetched = parts.reduce((sum, p) => sum + p.fetched, 0);
    bar.setTotal(
      Math.max(
        MEMBERS,
        parts.reduce((sum, p) => sum + (p.reported_total ?? p.fetched), 0),
      ),
    );
    bar.update(fetched, { part: parts.find((p) => p.state === 'running')?.resource ?? '' });
    if (!run?.isOpen) break;
    await sleep(200);
  }
  bar.stop();
  const run = await SyncRun.query().findById(runId);
  if (run?.state !== 'succeeded')
    context.log.warn({ state: run?.state, errors: run?.errors }, 'the first sync did not succeed');
}

main().catch(exitWith);
