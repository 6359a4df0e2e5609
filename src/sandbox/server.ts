import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSandboxApp } from './app';
import { MINUTE, SandboxClock } from './clock';
import { parseCommandLine, USAGE } from './command-line';
import { Cursors } from './cursors';
import { Faults } from './faults';
import { GeneratedPopulation } from './generated/population';
import { Grants } from './grants';
import { HeldAnswers } from './held-answers';
import { ImageAddresses } from './image-addresses';
import { Life } from './life/life';
import { DOCUMENTED_LIMITS, Limits } from './limits';
import { LiteralPopulation } from './literal-population';
import { Mutations } from './mutations';
import type { SandboxOptions } from './options';
import type { Population } from './population';
import { RequestLog } from './request-log';
import { RequestReport } from './request-report';
import type { SandboxState } from './state';
import { World } from './world';

export type { SandboxOptions };

export interface Sandbox {
  url: string;
  port: number;
  clientId: string;
  clientSecret: string;
  close(): Promise<void>;
}

export const DEFAULT_CLIENT = { id: 'sandbox-client', secret: 'sandbox-secret', name: 'Patrondesk' };
const DEFAULT_REDIRECT_URIS = [
  'http://127.0.0.1:3000/patreon/oauth/callback/',
  'http://localhost:3000/patreon/oauth/callback/',
];
const MONTH_OF_SECONDS = 2_678_400;

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      reject(isTaken ? new Error(`Port ${port} on ${host} is taken; choose another one with --port.`) : error);
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function populate(options: SandboxOptions, clock: SandboxClock, images: ImageAddresses): Population {
  if (options.documents !== undefined) return new LiteralPopulation(options.documents, images);
  return new GeneratedPopulation({
    seed: options.seed ?? 1,
    anchor: options.anchor ?? options.now ?? clock.now(),
    campaigns: options.campaigns ?? [{}],
    images,
    now: () => clock.now(),
  });
}

function createState(options: SandboxOptions, url: string): SandboxState {
  const clock = new SandboxClock(options.now);
  const now = (): number => clock.now();
  const origin = options.imageOrigin === undefined ? url : options.imageOrigin;
  const world = new World(populate(options, clock, new ImageAddresses(origin)));
  const client = {
    id: options.clientId ?? DEFAULT_CLIENT.id,
    secret: options.clientSecret ?? DEFAULT_CLIENT.secret,
    name: DEFAULT_CLIENT.name,
    redirectUris: options.redirectUris ?? DEFAULT_REDIRECT_URIS,
    ownerId: world.population.creators()[0]?.id ?? '',
  };
  return {
    clock,
    world,
    life: new Life(clock.now()),
    grants: new Grants(now, options.expiresIn ?? MONTH_OF_SECONDS, client),
    limits: new Limits(now, options.limits === undefined ? DOCUMENTED_LIMITS : options.limits),
    cursors: new Cursors(now, options.cursorLifetimeMs ?? 30 * MINUTE),
    faults: new Faults(),
    mutations: new Mutations(),
    answers: new HeldAnswers(),
    requests: new RequestLog(),
    report: new RequestReport(Date.now),
    settings: { mostPerPage: null, latencyMs: 0, reuseRevokes: false },
    withdrawnFields: new Set(),
  };
}

/**
 * Starts a Patreon on this machine. It answers over HTTP until `close` is called.
 * Throws when the port is taken.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const host = options.host ?? '127.0.0.1';
  const server = createServer();
  const port = await listen(server, options.port ?? 0, host);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const state = createState(options, url);
  server.on('request', createSandboxApp(state));
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    // A signal, its repetition and the end of whoever started it may all ask for it.
    closed ??= new Promise((resolve, reject) => {
      server.close((error) => (error ? reject(error) : resolve()));
      server.closeAllConnections();
    });
    return closed;
  };
  const { id, secret } = state.grants.defaultClient;
  return { url, port, clientId: id, clientSecret: secret, close };
}

async function main(): Promise<void> {
  const sandbox = await startSandbox(parseCommandLine(process.argv.slice(2)));
  process.stdout.write(`${JSON.stringify({ url: sandbox.url, client_id: sandbox.clientId })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sandbox.close());
  if (process.argv.includes('--with-parent')) process.stdin.once('end', () => void sandbox.close()).resume();
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
    process.exitCode = 1;
  });
}
