import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Context } from '../../context';
import { UsageError } from '../../errors';
import { type DryRunReport, dryRun } from './dry-run';
import { runSync } from './run-sync';
import { watchRun } from './sync-progress';
import { type SyncReport, syncReport } from './sync-report';
import { reportText } from './sync-report-text';
import { OPEN_STATES, RESOURCES, type Resource, SyncRun, type SyncRunState } from './sync-run.model';
import { cancelRun, isAbandoned, type RequestedRun, requestSync } from './sync-runs.service';

interface Options {
  campaign?: string;
  only?: string;
  verbosity: string;
  json?: boolean;
  wait?: boolean;
  dryRun?: boolean;
}

const EXIT: Partial<Record<SyncRunState, number>> = { succeeded: 0, held: 4 };
const LOCKED = 3;
/** So many records of each part a dry run names when it is to tell more. */
const SAMPLES = 20;
const VERBOSITY =
  '0 nothing but what needs you; 1 progress and a summary; 2 also each page, and of a dry run up to 20 changed records a part with the names of their fields; 3 also every request';
const EXIT_CODES = `
Exit codes: 0 succeeded, 1 failed or partial, 2 wrong usage or settings, 3 another run is under way,
4 held: it would take away more than can be believed, and an owner has to decide.
`;

export function syncCommands(program: Command, open: () => Promise<Context>): void {
  program
    .command('sync:patreon')
    .description('read campaigns, tiers, members and posts from Patreon')
    .option('--campaign <id>', "one campaign, by Patreon's id or ours")
    .option('--only <list>', `of ${RESOURCES.join(',')}`)
    .option('--dry-run', 'print what would change and store nothing')
    .option('--wait', 'when another run is under way, follow it to its end')
    .option('--verbosity <0-3>', VERBOSITY, '1')
    .option('--json', 'print one JSON object as the last line')
    .addHelpText('after', EXIT_CODES)
    .action(async (options: Options) => {
      const resources = parseOnly(options.only);
      const verbosity = parseVerbosity(options.verbosity);
      const context = await open();
      if (verbosity >= 3) context.log.level = 'debug';
      const campaignId = options.campaign === undefined ? undefined : await findCampaign(context, options.campaign);
      if (options.dryRun) {
        process.exitCode = await compareNow(context, { campaignId, resources, verbosity, json: options.json });
        return;
      }
      process.exitCode = await syncNow(context, {
        campaignId,
        resources,
        verbosity,
        json: options.json,
        wait: options.wait,
      });
    });
}

interface Order {
  campaignId: number | undefined;
  resources: Resource[];
  verbosity: number;
  json: boolean | undefined;
  wait: boolean | undefined;
}

async function syncNow(context: Context, order: Order): Promise<number> {
  const { runId, isNew } = await beginRun(context, order);
  if (!isNew && !order.wait) {
    process.stderr.write(`Run ${runId} is under way and holds the lock. Use --wait to follow it.\n`);
    if (order.json) print(await syncReport(context, runId));
    return LOCKED;
  }
  const stop = new AbortController();
  // Whoever interrupts the command does not want the run to go on elsewhere; a second time means at once.
  const interrupt = () => {
    if (!isNew) return stop.abort();
    process.stderr.write(`Stopping run ${runId} after this page … Interrupt again to leave at once.\n`);
    process.once('SIGINT', () => {
      process.stderr.write(`Leaving run ${runId}; the panel or the next sync brings it to its end.\n`);
      stop.abort();
    });
    cancelRun(context, runId).catch(() => stop.abort());
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const watched = new AbortController();
  const watching =
    order.verbosity === 0 ? Promise.resolve() : watchRun(context, runId, watched.signal, order.verbosity);
  const state = isNew ? await runSync(context, runId, stop.signal) : 'not_ours';
  if (state === 'not_ours') await untilEnded(context, runId, stop.signal);
  watched.abort();
  await watching;
  const report = await syncReport(context, runId);
  tell(report, order);
  if (report.state === 'held') tellWhereToDecide(context, runId);
  return EXIT[report.state] ?? 1;
}

async function compareNow(context: Context, { json, verbosity, ...scope }: Omit<Order, 'wait'>): Promise<number> {
  const stop = new AbortController();
  const interrupt = () => {
    process.stderr.write('Stopping the dry run …\n');
    stop.abort();
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const samples = verbosity >= 2 ? SAMPLES : 0;
  const report = await dryRun(context, { ...scope, samples }, stop.signal);
  tell(report, { json, verbosity });
  if (report.state === 'held') process.stderr.write('A run would be held until an owner has decided.\n');
  return EXIT[report.state] ?? 1;
}

/** A run that lost its process is brought to its end first: where no worker runs, nobody else would. */
async function beginRun(context: Context, { campaignId, resources }: Order): Promise<RequestedRun> {
  const request = { trigger: 'cli', campaignId, resources, withoutJob: true } as const;
  const requested = await requestSync(context, request);
  if (requested.isNew || !(await isAbandoned(context, requested.runId))) return requested;
  process.stderr.write(`Run ${requested.runId} lost its process; it is finished first.\n`);
  await runSync(context, requested.runId, new AbortController().signal);
  return requestSync(context, request);
}

function parseOnly(only: string | undefined): Resource[] {
  if (only === undefined) return [...RESOURCES];
  const names = only.split(',').map((n) => n.trim());
  const unknown = names.filter((n) => !(RESOURCES as readonly string[]).includes(n));
  if (unknown.length > 0) throw new UsageError(`--only: "${unknown.join(', ')}" is none of ${RESOURCES.join(', ')}`);
  return RESOURCES.filter((r) => names.includes(r));
}

function parseVerbosity(text: string): number {
  if (!/^[0-3]$/.test(text)) throw new UsageError('--verbosity: use 0, 1, 2 or 3');
  return Number(text);
}

async function findCampaign(context: Context, id: string): Promise<number> {
  const found = await context
    .knex('patreon_campaigns')
    .where({ patreon_id: id })
    .modify((query) => {
      if (/^\d{1,9}$/.test(id)) query.orWhere({ id: Number(id) });
    })
    .orderByRaw('patreon_id = ? desc', [id])
    .first('id');
  if (!found) throw new UsageError(`--campaign: no campaign "${id}" is known here; a full sync reads which there are`);
  return found.id;
}

/** Follows a run. One that loses its process meanwhile is executed here: where no worker runs, nobody else would. */
async function untilEnded(context: Context, runId: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const run = await SyncRun.query().findById(runId).select('state');
    if (!run || !OPEN_STATES.includes(run.state) || signal.aborted) return;
    if (await isAbandoned(context, runId)) await runSync(context, runId, signal);
    await sleep(500);
  }
}

function print(report: SyncReport | DryRunReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

function tell(report: SyncReport | DryRunReport, { json, verbosity }: Pick<Order, 'json' | 'verbosity'>): void {
  if (json) print(report);
  else if (verbosity > 0) process.stdout.write(reportText(report, verbosity));
}

/** A run that waits helps nobody who does not know where it is decided. */
function tellWhereToDecide({ config }: Context, runId: number): void {
  const address = `${config.http.publicUrl}/patreon/sync/${runId}/`;
  process.stderr.write(`Run ${runId} is held: an owner has to apply or to discard it at ${address}\n`);
}
