import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Knex } from 'knex';
import { Client } from 'pg';
import { createApp } from '../app';
import { createSignInLink } from '../apps/accounts/sign-in-links.service';
import { Staff } from '../apps/accounts/staff.model';
import { PatreonMember } from '../apps/members/member.model';
import type { Context } from '../context';
import { connectionSettings } from '../db/connection';
import { encodeCursor, PAGE_SIZE } from '../db/keyset';
import type { Bench } from './bench';
import { benchConfig, withBenchContext } from './bench-context';
import { insertMemberPopulation } from './member-population';
import { printTable } from './print-table';
import { plainKnex } from './scratch-database';

export interface PageTiming {
  page: string;
  /** What a busy machine does to a request is in the other two. */
  fastestMs: number;
  p50Ms: number;
  p95Ms: number;
  bytes: number;
  /** Statements of one request that read the whole table of members. */
  seqScans: number;
}

const WARM_UP = 150;
/** Timed requests of each page, after three to warm up. */
const REQUESTS = 30;

/**
 * Times the member list over HTTP at `rows` members. The application runs in this process as in production; requests
 * follow one another.
 */
export async function benchMembers({ rows, databaseUrl, print }: Bench): Promise<void> {
  const settings = { NODE_ENV: 'production', PUBLIC_URL: 'https://bench.localhost', TRUST_PROXY: '1' };
  // Templates are kept, as they are when the built sources run.
  const config = { ...benchConfig(databaseUrl, settings), fromSources: false };
  const loader = plainKnex(databaseUrl);
  await insertMemberPopulation(loader, rows).finally(() => loader.destroy());
  await withBenchContext(config, async (context) => {
    const panel = await openPanel(context);
    try {
      // A process that has just started still compiles itself; what is timed is one at work.
      for (let round = 0; round < WARM_UP; round += 1) await panel.get('/patreon/members/');
      const timings: PageTiming[] = [];
      for (const [page, address] of await listPages(context.knex, rows)) {
        timings.push({ page, ...(await timePage(panel, address)) });
      }
      printTable(['page', 'fastest ms', 'p50 ms', 'p95 ms', 'kB', 'plan'], timings.map(cellsOf), print);
    } finally {
      await panel.close();
    }
  });
}

interface Panel {
  context: Context;
  get(address: string): Promise<{ status: number; bytes: number }>;
  close(): Promise<void>;
}

/** The application on a port of its own, with an owner who is signed in. */
async function openPanel(context: Context): Promise<Panel> {
  const app = createApp(context);
  const server = createServer(app.express);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const headers = { 'x-forwarded-proto': 'https', cookie: await signIn(context, origin) };
  return {
    context,
    async get(address) {
      const answer = await fetch(origin + address, { headers, redirect: 'manual' });
      return { status: answer.status, bytes: (await answer.arrayBuffer()).byteLength };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await app.close();
    },
  };
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

/** Every filter and sort on offer, searches of each sort, deep pages, and filters that work against the order. */
async function listPages(knex: Knex, rows: number): Promise<[string, string][]> {
  const large = await knex('patreon_tiers').where({ campaign_id: 1, title: 'Tier 1' }).first('id');
  const free = await knex('patreon_tiers').where({ campaign_id: 1, title: 'Tier 0' }).first('id');
  const sorts = Object.keys(PatreonMember.sorts).flatMap((sort) => [`sort=${sort}`, `sort=-${sort}`]);
  const kinds = ['paying', 'pending', 'declined', 'former', 'gift', 'trial', 'free', 'unknown'].map((k) => `kind=${k}`);
  const statuses = ['active_patron', 'declined_patron', 'former_patron', 'none'].map((s) => `status=${s}`);
  const basic = ['', ...sorts, ...kinds, ...statuses, 'campaign=1', 'campaign=20', `tier=${large.id}`];
  const searches = ['q=ze', 'q=zelda', 'q=zelda%20zielinski', 'q=nobody', `q=sato9`, 'q=example.org'];
  const composed = [
    'kind=free&sort=-amount',
    'kind=paying&sort=amount',
    'status=none&sort=-amount',
    'kind=free&sort=next_charge',
    'kind=declined&campaign=20&sort=-lifetime',
    `tier=${free.id}&sort=-lifetime`,
    `tier=${large.id}&kind=gift`,
    'q=zelda&sort=-joined',
    'q=zelda&kind=paying&sort=-amount',
    'q=ze&sort=-lifetime',
  ];
  const deep = rows > 1_000 * PAGE_SIZE ? await deepPages(knex) : [];
  const address = (query: string): [string, string] => [query || 'first page', `/patreon/members/?${query}`];
  return [...[...basic, ...searches, ...composed].map(address), ...deep];
}

/** The thousandth page of some sorts, as its own neighbours would link to it. */
async function deepPages(knex: Knex): Promise<[string, string][]> {
  const pages: [string, string][] = [];
  for (const name of ['name', '-amount', 'joined'] as const) {
    const { value } = PatreonMember.sorts[name.replace('-', '') as 'name'];
    const direction = name.startsWith('-') ? 'desc' : 'asc';
    const { rows } = await knex.raw(
      `select (${value})::text as value, id from patreon_members where gone_at is null and ${value} is not null
        order by ${value} ${direction}, id ${direction} offset ? limit 1`,
      [999 * PAGE_SIZE - 1],
    );
    if (rows[0])
      pages.push([`page 1,000 by ${name}`, `/patreon/members/?sort=${name}&after=${encodeCursor(name, rows[0])}`]);
  }
  return pages;
}

async function timePage(panel: Panel, address: string): Promise<Omit<PageTiming, 'page'>> {
  const seqScans = await countSeqScans(panel, address);
  const taken: number[] = [];
  let bytes = 0;
  for (let round = -3; round < REQUESTS; round += 1) {
    const milliseconds = await timed(async () => {
      const answer = await panel.get(address);
      if (answer.status !== 200) throw new Error(`${address} answered ${answer.status}`);
      bytes = answer.bytes;
    });
    if (round >= 0) taken.push(milliseconds);
  }
  taken.sort((a, b) => a - b);
  const at = (share: number) => taken[Math.min(taken.length - 1, Math.ceil(taken.length * share) - 1)] ?? 0;
  return { fastestMs: taken[0] ?? 0, p50Ms: at(0.5), p95Ms: at(0.95), bytes, seqScans };
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
    for (const { sql, bindings } of sent.filter((query) => query.sql.includes('patreon_members'))) {
      const { rows } = await client.query(`explain ${sql}`, bindings);
      found += rows.filter((row) => /Seq Scan on patreon_members/.test(row['QUERY PLAN'])).length;
    }
    return found;
  } finally {
    await client.end();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function cellsOf({ page, fastestMs, p50Ms, p95Ms, bytes, seqScans }: PageTiming): string[] {
  const milliseconds = [fastestMs, p50Ms, p95Ms].map((taken) => taken.toFixed(1));
  return [page, ...milliseconds, (bytes / 1024).toFixed(0), seqScans === 0 ? 'index' : 'seq scan'];
}
