import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from 'pg';
import { createApp } from '../app';
import { createSignInLink } from '../apps/accounts/sign-in-links.service';
import { Staff } from '../apps/accounts/staff.model';
import type { Context } from '../context';
import { connectionSettings } from '../db/connection';

export interface Timing {
  /** What a busy machine does to a request is in the other two. */
  fastestMs: number;
  p50Ms: number;
  p95Ms: number;
}

export interface PageTiming extends Timing {
  bytes: number;
  /** Statements of one request that read the whole table of members. */
  seqScans: number;
}

export interface Panel {
  context: Context;
  get(address: string): Promise<{ status: number; bytes: number }>;
  /** Sends a form with the token of the session. */
  post(address: string, fields: Record<string, string>): Promise<{ status: number; bytes: number }>;
  close(): Promise<void>;
}

const WARM_UP = 150;
/** Timed rounds, after three to warm up. */
const ROUNDS = 30;

/** The application on a port of its own, with an owner who is signed in, at work for a while. */
export async function openPanel(context: Context): Promise<Panel> {
  const app = createApp(context);
  const server = createServer(app.express);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const headers = { 'x-forwarded-proto': 'https', cookie: await signIn(context, origin) };
  const send = async (address: string, sent: RequestInit = {}) => {
    const answer = await fetch(origin + address, { headers, redirect: 'manual', ...sent });
    return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
  };
  const token = /name="_csrf" value="(\w+)"/.exec(String((await send('/account/')).body))?.[1] ?? '';
  const panel: Panel = {
    context,
    async get(address) {
      const { status, body } = await send(address);
      return { status, bytes: body.length };
    },
    async post(address, fields) {
      const form = new URLSearchParams({ _csrf: token, ...fields });
      const { status, body } = await send(address, { method: 'POST', body: form });
      return { status, bytes: body.length };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await app.close();
    },
  };
  // A process that has just started still compiles itself; what is timed is one at work.
  for (let round = 0; round < WARM_UP; round += 1) await panel.get('/patreon/members/');
  return panel;
}

async function signIn(context: Context, origin: string): Promise<string> {
  const staff = await Staff.query(context.knex).insertAndFetch({
    email: 'bench@localhost',
    name: 'Bench',
    role: 'owner',
  });
  const link = new URL(await createSignInLink(context, staff.id, 60));
  const headers = { 'x-forwarded-proto': 'https' };
  const answer = await fetch(origin + link.pathname + link.search, { headers, redirect: 'manual' });
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0]);
  if (cookies.length === 0) throw new Error(`Signing in answered ${answer.status} without a cookie`);
  return cookies.join('; ');
}

export async function timePage(panel: Panel, address: string, rounds = ROUNDS): Promise<PageTiming> {
  const seqScans = await countSeqScans(panel, address);
  let bytes = 0;
  const timing = await timeRounds(async () => {
    const answer = await panel.get(address);
    if (answer.status !== 200) throw new Error(`${address} answered ${answer.status}`);
    bytes = answer.bytes;
  }, rounds);
  return { ...timing, bytes, seqScans };
}

/** Times something that is done again and again. */
export async function timeRounds(work: () => Promise<unknown>, rounds = ROUNDS): Promise<Timing> {
  const taken: number[] = [];
  for (let round = -3; round < rounds; round += 1) {
    const start = performance.now();
    await work();
    if (round >= 0) taken.push(performance.now() - start);
  }
  taken.sort((a, b) => a - b);
  const at = (share: number) => taken[Math.min(taken.length - 1, Math.ceil(taken.length * share) - 1)] ?? 0;
  return { fastestMs: taken[0] ?? 0, p50Ms: at(0.5), p95Ms: at(0.95) };
}

/** Explains, with their very values, the statements that one request sends. */
async function countSeqScans({ context, get }: Panel, address: string): Promise<number> {
  const sent: { sql: string; bindings: unknown[] }[] = [];
  const note = (query: { sql: string; bindings: unknown[] }) => sent.push(query);
  context.knex.on('query', note);
  await get(address);
  context.knex.removeListener('query', note);
  const client = new Client(connectionSettings(context.databaseUrl));
  await client.connect();
  try {
    let found = 0;
    const ofMembers = sent.filter(({ sql }) => sql.includes('patreon_members') && !sql.startsWith('explain'));
    for (const { sql, bindings } of ofMembers) {
      const { rows } = await client.query(`explain ${sql}`, bindings);
      found += rows.filter((row) => /Seq Scan on patreon_members/.test(row['QUERY PLAN'])).length;
    }
    return found;
  } finally {
    await client.end();
  }
}
