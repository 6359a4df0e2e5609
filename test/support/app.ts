import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import supertest, { type Response, type Test } from 'supertest';
import { type App, createApp } from '../../src/app';
import { hashPassword } from '../../src/apps/accounts/password.service';
import { Staff } from '../../src/apps/accounts/staff.model';
import type { Config } from '../../src/config';
import { type Clock, type Context, createContext } from '../../src/context';
import { createLogger, type Logger } from '../../src/logger';
import { ROLES, type Role } from '../../src/policy';
import { createTestDatabase } from './database';
import { readPage } from './page';

/** Every signed-in person of the tests has this one. */
export const PASSWORD = 'seven unrelated teapots';

export interface TestAppOptions {
  /** Another application's, to stand beside it; else one is made, and dropped at the end. */
  databaseUrl?: string;
  /** Where the sandbox or a scripted Patreon listens. */
  patreonBaseUrl?: string;
  clock?: Clock;
  log?: Logger;
  configure?(config: Config): void;
}

export interface TestApp {
  context: Context;
  app: App;
  /** Where it listens, without a slash at the end. */
  url: string;
  databaseUrl: string;
  /** A browser that nobody has used yet. */
  visitor(): Visitor;
  /** A person of this role and a browser in which they have just signed in through the form. */
  signInAs(role: Role): Promise<SignedInVisitor>;
  /** One of each role, signed in. */
  signInEverybody(): Promise<Record<Role, SignedInVisitor>>;
  /** A person of this role who has not signed in. */
  createStaff(role: Role): Promise<Staff>;
  close(): Promise<void>;
}

/** One browser: keeps its cookies, follows no redirect. */
export interface Visitor {
  agent: ReturnType<typeof supertest.agent>;
  get(path: string, headers?: Record<string, string>): Test;
  /** Sends a form with a fresh token from one of our own pages. Values that are lists are sent several times. */
  postForm(
    path: string,
    fields?: Record<string, string | string[]>,
    headers?: Record<string, string>,
  ): Promise<Response>;
  /** The token of this browser's session. */
  csrf(): Promise<string>;
  signIn(email: string, password?: string): Promise<Response>;
}

export interface SignedInVisitor extends Visitor {
  staff: Staff;
}

/** The application as it ships, over a database of its own, listening on a free port of this machine; no worker. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = options.databaseUrl === undefined ? await createTestDatabase() : undefined;
  const databaseUrl = options.databaseUrl ?? (database?.url as string);
  const server = createServer();
  const url = await listen(server);
  const config = testConfig({ url, databaseUrl, patreonBaseUrl: options.patreonBaseUrl });
  options.configure?.(config);
  const log = options.log ?? createLogger({ level: config.logLevel, pretty: false });
  const context = await createContext(config, { log, clock: options.clock, poolSize: 6 });
  const app = createApp(context);
  server.on('request', app.express);

  const createStaff = (role: Role) => insertStaff(context, role);
  const signInAs = async (role: Role): Promise<SignedInVisitor> => {
    const staff = await createStaff(role);
    const browser = visitor(url);
    const answer = await browser.signIn(staff.email);
    if (answer.status !== 303) throw new Error(`Signing in answered ${answer.status}: ${readPage(answer.text).text}`);
    return { ...browser, staff };
  };
  return {
    context,
    app,
    url,
    databaseUrl,
    visitor: () => visitor(url),
    createStaff,
    signInAs,
    async signInEverybody() {
      const signedIn = await Promise.all(ROLES.map(async (role) => [role, await signInAs(role)] as const));
      return Object.fromEntries(signedIn) as Record<Role, SignedInVisitor>;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await app.close();
      await context.close();
      await database?.drop();
    },
  };
}

let people = 0;

async function insertStaff({ knex }: Context, role: Role): Promise<Staff> {
  people += 1;
  return Staff.query(knex).insertAndFetch({
    email: `${role}-${people}@staff.test`,
    name: `${role[0]?.toUpperCase()}${role.slice(1)} ${people}`,
    role,
    password_hash: await hashPassword(PASSWORD),
  });
}

function visitor(url: string): Visitor {
  const agent = supertest.agent(url).redirects(0);
  const self: Visitor = {
    agent,
    get: (path, headers = {}) => agent.get(path).set(headers),
    async csrf() {
      const here = await agent.get('/account/');
      const page = here.status === 200 ? here : await agent.get('/login/');
      const token = readPage(page.text).csrf;
      if (!token) throw new Error(`No form token on a page that answered ${page.status}`);
      return token;
    },
    async postForm(path, fields = {}, headers = {}) {
      const body = new URLSearchParams({ _csrf: await self.csrf() });
      for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) body.append(name, one);
      return agent.post(path).set(headers).type('form').send(body.toString());
    },
    signIn: (email, password = PASSWORD) => self.postForm('/login/', { email, password }),
  };
  return self;
}

function testConfig(given: { url: string; databaseUrl: string; patreonBaseUrl: string | undefined }): Config {
  return {
    production: false,
    fromSources: false,
    http: { host: '127.0.0.1', port: 0, publicUrl: given.url, trustProxy: 0 },
    database: { url: given.databaseUrl, dataDir: '' },
    secrets: {
      session: 'a session secret for tests only, long enough',
      encryptionKeys: [{ id: 'test', key: Buffer.alloc(32, 7) }],
    },
    logLevel: 'silent',
    patreon: {
      // Port 9 discards: a test that forgets to name its Patreon reaches nobody's.
      baseUrl: given.patreonBaseUrl ?? 'http://127.0.0.1:9',
      clientId: undefined,
      clientSecret: undefined,
      creatorAccessToken: undefined,
      creatorRefreshToken: undefined,
      requestsPerMinute: 0,
      hourlyBudget: 1_000_000,
      dailyBudget: 1_000_000,
      breakerSeconds: 0.2,
      edgeBlockSeconds: 0.2,
    },
    sync: { leaseSeconds: 60, schedule: undefined },
    worker: 'off',
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
