import type { Command } from 'commander';
import type { Context } from '../../context';
import { catalogue } from '../../messages';
import { apiStatus } from './status.service';

export function insightCommands(program: Command, open: () => Promise<Context>): void {
  program
    .command('status')
    .description('connection, budget, counts and problems')
    .option('--json', 'print one JSON object')
    .action(async ({ json }: { json?: boolean }) => {
      const status = await apiStatus(await open(), catalogue.translator('en'));
      if (json) {
        process.stdout.write(`${JSON.stringify(status)}\n`);
        return;
      }
      const { requests, counts, last_sync } = status;
      const lines = [
        ...status.connections.map(
          (c) =>
            `Connection ${c.id} ${c.name}: ${c.state}${c.token.valid ? `, token valid until ${c.token.expires_at ?? 'unknown'}` : ''}`,
        ),
        `Requests: ${requests.used_hour} of ${requests.hourly_budget} this hour, ${requests.used_day} of ${requests.daily_budget} today (our own budgets)`,
        `Here: ${counts.campaigns} campaigns, ${counts.tiers} tiers, ${counts.members} members, ${counts.posts} posts`,
        last_sync
          ? `Last sync: run ${last_sync.run_id}, ${last_sync.state}, ${last_sync.finished_at}`
          : 'Last sync: none yet',
        ...(status.problems.length === 0
          ? ['No problems.']
          : status.problems.map((p) => `Problem ${p.code}: ${p.message}`)),
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
    });
}
