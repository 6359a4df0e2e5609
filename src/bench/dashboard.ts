import { countFigures } from '../apps/insight/daily-figures.service';
import type { Bench } from './bench';
import { withBenchContext } from './bench-context';
import { openPanel, type Panel, timePage } from './bench-panel';
import { insertMemberPopulation } from './member-population';
import { panelConfig } from './members';
import { printTable } from './print-table';
import { plainKnex } from './scratch-database';

const POSTS = 20_000;
const DAYS_OF_HISTORY = 89;

/** The pages that look over everything: beside the members there are changes, posts and figures of many days. */
export async function benchDashboard({ rows, databaseUrl, print }: Bench): Promise<void> {
  const loader = plainKnex(databaseUrl);
  try {
    await insertMemberPopulation(loader, rows);
    await loader.raw(CHANGES_SQL);
    await loader.raw(POSTS_SQL, [POSTS]);
    await loader.raw('vacuum (analyze) patreon_members, patreon_changes, patreon_posts, patreon_member_counts');
  } finally {
    await loader.destroy();
  }
  await withBenchContext(panelConfig(databaseUrl), async (context) => {
    const start = performance.now();
    await countFigures(context);
    print(`figures counted in ${Math.round(performance.now() - start)} ms`);
    await context.knex.raw(HISTORY_SQL, [DAYS_OF_HISTORY]);
    const panel = await openPanel(context);
    await printPages(panel, print).finally(() => panel.close());
  });
}

async function printPages(panel: Panel, print: Bench['print']): Promise<void> {
  const addresses = [
    '/patreon/',
    '/patreon/changes/',
    ...['zelda', 'ze', 'nobody', 'example.org', 'sato9', '50000777', 'letter', 'b3f', 'zz'].map(
      (q) => `/search/?q=${q}`,
    ),
  ];
  const cells: string[][] = [];
  for (const address of addresses) {
    const { fastestMs, p50Ms, p95Ms, bytes, seqScans } = await timePage(panel, address);
    const milliseconds = [fastestMs, p50Ms, p95Ms].map((taken) => taken.toFixed(1));
    cells.push([address, ...milliseconds, (bytes / 1024).toFixed(0), seqScans === 0 ? 'index' : 'seq scan']);
  }
  printTable(['page', 'fastest ms', 'p50 ms', 'p95 ms', 'kB', 'plan'], cells, print);
}

// Some left, and something about every tenth member is new.
const CHANGES_SQL = `
  update patreon_members set kind = 'former', patron_status = 'former_patron', monthly_cents = 0
   where id % 50 = 0 and kind = 'paying';
  update patreon_members set note = 'Met at the fair.' where id % 10 = 0`;

const POSTS_SQL = `
  insert into patreon_posts (campaign_id, patreon_id, title, published_at, read_seq)
  select 1 + i % 20, i::text, 'Letter ' || i || ' from ' || md5(i::text), now() - make_interval(mins => i), 1
    from generate_series(1, ?::int) i`;

const HISTORY_SQL = `
  insert into daily_member_figures
  select day - back, campaign_id, kind, members, monthly_cents, at_risk_cents
    from daily_member_figures, generate_series(1, ?::int) back`;
