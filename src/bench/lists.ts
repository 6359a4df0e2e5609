import { Client } from 'pg';
import { connectionSettings } from '../db/connection';
import type { Bench } from './bench';
import { withBenchContext } from './bench-context';
import { openPanel, type Panel, type Timing, timePage, timeRounds } from './bench-panel';
import { type ListCase, listCases } from './list-cases';
import { insertMemberPopulation } from './member-population';
import { panelConfig } from './members';
import { printTable } from './print-table';
import { plainKnex, withDatabaseBeside } from './scratch-database';

const FEW = 1_000;
/** What a page may take at the 95th percentile: one filter, sort or search, and several of them. */
const BASIC_MS = 50;
const COMPOSED_MS = 300;

/**
 * The list of members at `rows` members beside the same list at a thousand, and beside one prepared query whose rows are
 * put into a page by hand, each case in turn, so that a busy machine is as busy for all three.
 */
export async function benchLists({ rows, databaseUrl, print }: Bench): Promise<void> {
  await withDatabaseBeside(databaseUrl, async (smallUrl) => {
    for (const [url, count] of [
      [databaseUrl, rows],
      [smallUrl, FEW],
    ] as const) {
      const loader = plainKnex(url);
      await insertMemberPopulation(loader, count).finally(() => loader.destroy());
    }
    await compareLists({ rows, databaseUrl, smallUrl, print });
  });
}

/** The same over databases that are filled already. */
export async function compareLists({
  rows,
  databaseUrl,
  smallUrl,
  print,
}: Bench & { smallUrl: string }): Promise<void> {
  await withPanel(databaseUrl, (large) =>
    withPanel(smallUrl, async (small) => {
      const bare = new Client(connectionSettings(databaseUrl));
      await bare.connect();
      try {
        await printComparison({ rows, large, small, bare, print });
      } finally {
        await bare.end();
      }
    }),
  );
}

function withPanel(url: string, work: (panel: Panel) => Promise<void>): Promise<void> {
  return withBenchContext(panelConfig(url), async (context) => {
    const panel = await openPanel(context);
    await work(panel).finally(() => panel.close());
  });
}

interface Comparison {
  rows: number;
  large: Panel;
  small: Panel;
  bare: Client;
  print(line: string): void;
}

async function printComparison({ rows, large, small, bare, print }: Comparison): Promise<void> {
  const few = new Map((await listCases(small.context.knex, FEW)).map((one) => [one.page, one]));
  const cells: string[][] = [];
  let over = 0;
  for (const [index, one] of (await listCases(large.context.knex, rows)).entries()) {
    const many = await timePage(large, one.address);
    const twin = few.get(one.page);
    const little = twin && (await timePage(small, twin.address));
    const byHand = one.bare && (await timeBare(bare, `bare-${index}`, one.bare));
    const limit = one.isComposed ? COMPOSED_MS : BASIC_MS;
    if (many.p95Ms > limit) over += 1;
    cells.push([
      one.page,
      ...[many.fastestMs, many.p50Ms, many.p95Ms].map(milliseconds),
      many.p95Ms > limit ? `over ${limit}` : '',
      little ? milliseconds(little.p50Ms) : '',
      little ? ratio(many, little) : '',
      byHand ? milliseconds(byHand.p50Ms) : '',
      byHand ? ratio(many, byHand) : '',
    ]);
  }
  const head = ['page', 'fastest ms', 'p50 ms', 'p95 ms', '', 'p50 at 1,000', 'times', 'p50 by hand', 'times'];
  printTable(head, cells, print);
  print(`${cells.length} pages, ${over} over their limit of ${BASIC_MS} ms, or ${COMPOSED_MS} ms where composed.`);
}

const milliseconds = (taken: number) => taken.toFixed(1);
const ratio = (one: Timing, other: Timing) => (one.p50Ms / Math.max(0.1, other.p50Ms)).toFixed(1);

/** The least that such a page can be: one prepared query and one string. */
function timeBare(client: Client, name: string, { where, order }: NonNullable<ListCase['bare']>): Promise<Timing> {
  const text = `select id, full_name, email, kind, monthly_cents, campaign_lifetime_support_cents,
      pledge_relationship_start::text as joined, currently_entitled_tiers
    from patreon_members where gone_at is null and ${where} order by ${order} limit 51`;
  return timeRounds(async () => {
    const { rows } = await client.query({ name, text });
    return rows.map(rowByHand).join('');
  });
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (value: unknown) => String(value ?? '').replace(/[&<>"]/g, (character) => ESCAPES[character] as string);

function rowByHand(row: Record<string, unknown>): string {
  return `<tr>${Object.values(row)
    .map((value) => `<td>${escaped(value)}</td>`)
    .join('')}</tr>`;
}
