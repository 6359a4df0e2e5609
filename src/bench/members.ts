import type { Bench } from './bench';
import { benchConfig, withBenchContext } from './bench-context';
import { openPanel, type PageTiming, timePage } from './bench-panel';
import { listCases } from './list-cases';
import { insertMemberPopulation } from './member-population';
import { printTable } from './print-table';
import { plainKnex } from './scratch-database';

/**
 * Times the member list over HTTP at `rows` members. The application runs in this process as in production; requests
 * follow one another.
 */
export async function benchMembers({ rows, databaseUrl, print }: Bench): Promise<void> {
  const loader = plainKnex(databaseUrl);
  await insertMemberPopulation(loader, rows).finally(() => loader.destroy());
  await withBenchContext(panelConfig(databaseUrl), async (context) => {
    const panel = await openPanel(context);
    try {
      const cells: string[][] = [];
      for (const { page, address } of await listCases(context.knex, rows))
        cells.push(cellsOf(page, await timePage(panel, address)));
      printTable(['page', 'fastest ms', 'p50 ms', 'p95 ms', 'kB', 'plan'], cells, print);
    } finally {
      await panel.close();
    }
  });
}

/** As in production; templates are kept, as they are when the built sources run. */
export function panelConfig(databaseUrl: string) {
  const settings = { NODE_ENV: 'production', PUBLIC_URL: 'https://bench.localhost', TRUST_PROXY: '1' };
  return { ...benchConfig(databaseUrl, settings), fromSources: false };
}

function cellsOf(page: string, { fastestMs, p50Ms, p95Ms, bytes, seqScans }: PageTiming): string[] {
  const milliseconds = [fastestMs, p50Ms, p95Ms].map((taken) => taken.toFixed(1));
  return [page, ...milliseconds, (bytes / 1024).toFixed(0), seqScans === 0 ? 'index' : 'seq scan'];
}
