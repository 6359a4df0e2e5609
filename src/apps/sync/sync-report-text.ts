import type { DryRunReport } from './dry-run';
import type { SyncReport } from './sync-report';

/** What a run, or a dry one, came to, in plain lines for a terminal. Changed records are named from verbosity 2 on. */
export function reportText(report: SyncReport | DryRunReport, verbosity: number): string {
  const dry = report.state === 'cancelled' ? 'Dry run stopped, nothing was stored' : 'Dry run, nothing was stored';
  const head = report.run_id === null ? dry : `Run ${report.run_id} ${report.state}`;
  const parts = report.campaigns.flatMap((campaign) =>
    Object.entries(campaign.resources).map(
      ([resource, n]) =>
        `  ${campaign.patreon_id} ${resource.padEnd(9)} ${n.fetched} read, ${n.created} new, ${n.updated} changed, ${n.unchanged} unchanged, ${n.gone} gone, ${n.quarantined} quarantined${n.waiting > 0 ? `, ${n.waiting} waiting` : ''}`,
    ),
  );
  const samples = 'samples' in report && verbosity >= 2 ? sampleLines(report) : [];
  const errors = report.errors.map((e) => `  ! ${[e.campaign, e.resource].filter(Boolean).join(' ')} ${e.message}`);
  const time = `${report.requests} requests in ${(report.duration_ms / 1000).toFixed(1)} s`;
  return [`${head}: ${time}`, ...parts, ...samples, ...errors, ''].join('\n');
}

function sampleLines({ samples }: DryRunReport): string[] {
  return samples.map(({ campaign, resource, patreon_id, change, fields }) =>
    change === 'created'
      ? `  + ${campaign} ${resource} ${patreon_id}`
      : `  ~ ${campaign} ${resource} ${patreon_id}: ${fields.join(', ')}`,
  );
}
