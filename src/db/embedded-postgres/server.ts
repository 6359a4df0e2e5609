import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Binaries } from './binaries';
import { readCredentials, writeCredentials } from './cluster';
import type { Launcher } from './launcher';
import { belongsToLivingServer, readPostmasterFile } from './postmaster-file';
import { serverEnvironment, serverSettings } from './server-settings';

const run = promisify(execFile);

/** Crash recovery after a power cut may replay a lot of log. */
const READY_MS = 120_000;
const LOG_BYTES = 1_000_000;
/** What the log says when a start fails for a reason that passes. */
const PORT_TAKEN = /could not bind|could not create any TCP/;
const DYING_SERVER = /shared memory block .* still in use|lock file .* already exists/;

export interface Server {
  pgData: string;
  logFile: string;
  binaries: Binaries;
  launcher: Launcher;
  durable: boolean;
}

/** The port of the server that runs on this data directory, whoever started it; undefined when there is none. */
export async function findRunningPort(pgData: string): Promise<number | undefined> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const file = readPostmasterFile(pgData);
    if (!file) return undefined;
    if (!belongsToLivingServer(file, pgData)) {
      // PostgreSQL only compares the number with living processes, so a stale file could block every start.
      rmSync(join(pgData, 'postmaster.pid'), { force: true });
      return undefined;
    }
    if (file.ready) return file.port;
    if (Date.now() > deadline) throw new Error(`The embedded PostgreSQL (process ${file.pid}) is not getting ready.`);
    await sleep(50);
  }
}

/**
 * Starts the server on its former port or a free one and answers with the port. It stands in a session of its own, so
 * that Ctrl-C in the terminal does not stop it under the feet of a program that is still finishing its work.
 */
export async function startServer(server: Server): Promise<number> {
  const credentials = readCredentials(server.pgData);
  let former = credentials.port;
  for (let attempt = 1; ; attempt++) {
    const port = former !== undefined && (await isFree(former)) ? former : await freePort();
    const failure = await start(server, port);
    if (failure === undefined) {
      if (port !== credentials.port) writeCredentials(server.pgData, { ...credentials, port }, server.launcher);
      return port;
    }
    if (PORT_TAKEN.test(failure)) former = undefined;
    if (attempt === 20 || !(PORT_TAKEN.test(failure) || DYING_SERVER.test(failure))) {
      throw new Error(`The embedded PostgreSQL did not start (its log is ${server.logFile}):\n${failure}`);
    }
    await sleep(250);
  }
}

async function start(server: Server, port: number): Promise<string | undefined> {
  const { pgData, logFile, binaries, launcher } = server;
  if (existsSync(logFile) && statSync(logFile).size > LOG_BYTES) renameSync(logFile, `${logFile}.1`);
  const output = openSync(logFile, 'a', 0o600);
  launcher.handOver(logFile);
  const logged = statSync(logFile).size;
  const { file, args, options } = launcher.command(binaries.postgres, [
    '-D',
    pgData,
    ...serverSettings(port, server.durable),
  ]);
  // A pipe would tie the server's life to ours, so it writes to the file itself.
  const child = spawn(file, args, {
    ...options,
    cwd: '/',
    env: serverEnvironment,
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const failed = await untilReady(child, pgData);
  child.unref();
  return failed === undefined
    ? undefined
    : `${failed}\n${readFileSync(logFile).subarray(logged).toString().slice(-2_000)}`;
}

async function untilReady(child: ChildProcess, pgData: string): Promise<string | undefined> {
  let failure: string | undefined;
  const onExit = (code: number | null, signal: string | null) => {
    failure = `exit ${code ?? signal}`;
  };
  child.once('exit', onExit).once('error', (error) => {
    failure = error.message;
  });
  const deadline = Date.now() + READY_MS;
  while (failure === undefined) {
    const file = readPostmasterFile(pgData);
    if (file?.ready && file.pid === child.pid) break;
    if (Date.now() > deadline) failure = `not ready after ${READY_MS / 1_000} s`;
    else await sleep(15);
  }
  child.removeListener('exit', onExit);
  return failure;
}

/** Ends all connections and stops the server, or throws. */
export async function stopServer(server: Server): Promise<void> {
  const { file, args, options } = server.launcher.command(server.binaries.pgCtl, [
    'stop',
    '-D',
    server.pgData,
    '-m',
    'fast',
    '-w',
    '-t',
    '60',
    '-s',
  ]);
  await run(file, args, { ...options, cwd: '/', env: serverEnvironment });
}

async function isFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  return listenOnce(0);
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
