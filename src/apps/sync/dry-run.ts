import type { Knex } from 'knex';
import type { Context } from '../../context';
import type { Difference } from '../../db/upsert-many';
import type { Page, PatreonClient } from '../../patreon/client';
import type { Campaign, Member, Post } from '../../patreon/resources';
import { readSyncChoices } from '../campaigns/campaign-sync.service';
import { patreonClientFor } from '../connections/patreon-client.service';
import { IgnoredPost } from '../posts/ignored-post.model';
import { type ComparedList, compareList, pagesOf, RECORD_KEY } from './dry-run-lists';
import { type ComparedRows, type ComparedTable, compareRows, type DryRunSample, sampleOf } from './dry-run-rows';
import { describeFailure } from './failure-words';
import { campaignRow, tierRow } from './mappers/campaign.mapper';
import { memberRow } from './mappers/member.mapper';
import { postRow } from './mappers/post.mapper';
import type { ResourceReport, SyncReport } from './sync-report';
import type { Resource } from './sync-run.model';
import { connectionsToRead } from './sync-runs.service';

export interface DryRunReport extends Omit<SyncReport, 'run_id'> {
  run_id: null;
  dry_run: true;
  /** The first records of each part that a run would create or change, as many as were asked for. */
  samples: DryRunSample[];
}

export interface DryRunOrder {
  /** Our row id; undefined for all. */
  campaignId: number | undefined;
  resources: readonly Resource[];
  /** So many changed records of each part are named; 0 unless it is said. */
  samples?: number;
}

interface DryRun {
  context: Context;
  trx: Knex.Transaction;
  client: PatreonClient;
  credentialId: number;
  order: Required<DryRunOrder>;
  signal: AbortSignal;
  /** What all connections add up to. */
  found: Pick<DryRunReport, 'campaigns' | 'errors' | 'samples'> & { isHeld: boolean };
}

/** No row has it: everything of a campaign that is not known yet is new. */
const NOT_YET = 0;

/**
 * What a sync would change, found by reading everything and comparing it. Nothing of it is stored and no run is made, so
 * it disturbs nobody; `gone` are those whom a real run would go on to confirm. Its state is `held` when a real run would
 * wait for the owner, and `cancelled` when the signal stopped it. @throws ConflictError when nothing is connected
 */
export async function dryRun(context: Context, order: DryRunOrder, signal: AbortSignal): Promise<DryRunReport> {
  const began = context.clock.now().getTime();
  const found: DryRun['found'] = { campaigns: [], errors: [], samples: [], isHeld: false };
  let requests = 0;
  const onRequest = () => {
    requests += 1;
  };
  const compare = context.knex.transaction(async (trx) => {
    await trx.raw('set local idle_in_transaction_session_timeout = 0');
    await trx.raw('create temporary table dry_run_sightings (patreon_id text primary key) on commit drop');
    for (const credentialId of await connectionsToRead(trx, { campaignId: order.campaignId })) {
      const client = await patreonClientFor(context, credentialId, { signal, onRequest });
      await compareConnection({ context, trx, client, credentialId, order: { samples: 0, ...order }, signal, found });
    }
  });
  await compare.catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  const { isHeld, ...told } = found;
  return {
    run_id: null,
    dry_run: true,
    state: signal.aborted ? 'cancelled' : stateOf(found),
    ...told,
    requests,
    duration_ms: context.clock.now().getTime() - began,
  };
}

function stateOf({ isHeld, errors, campaigns }: DryRun['found']): DryRunReport['state'] {
  if (isHeld) return 'held';
  return errors.length === 0 ? 'succeeded' : campaigns.length === 0 ? 'failed' : 'partial';
}

async function compareConnection(run: DryRun): Promise<void> {
  const { client, signal, order, found } = run;
  try {
    const wanted = order.campaignId === undefined ? null : await patreonIdOf(run.trx, order.campaignId);
    for await (const page of pagesOf((options) => client.listCampaigns(options), signal))
      for (const campaign of page.items)
        if (wanted === null || wanted === campaign.id) await compareWanted(run, campaign, page);
  } catch (error) {
    signal.throwIfAborted();
    found.errors.push({ campaign: null, resource: 'campaigns', message: describeFailure(error) });
  }
}

/** What a sync leaves alone is not compared either. */
async function compareWanted(run: DryRun, campaign: Campaign, page: Page<Campaign>): Promise<void> {
  const choices = await readSyncChoices([campaign.id], { isScheduled: false }, run.trx);
  if (choices.skips(campaign.id)) return;
  const resources = run.order.resources.filter((resource) => !choices.skipsPart(campaign.id, resource));
  await compareCampaign({ ...run, order: { ...run.order, resources } }, campaign, page);
}

async function patreonIdOf(trx: Knex.Transaction, campaignId: number): Promise<string | undefined> {
  return (await trx('patreon_campaigns').where({ id: campaignId }).first('patreon_id'))?.patreon_id;
}

interface PartComparison {
  report: ResourceReport;
  differences: Difference[];
  table: ComparedTable;
  held: string | null;
}

async function compareCampaign(run: DryRun, campaign: Campaign, page: Page<Campaign>): Promise<void> {
  const { trx, found, order } = run;
  const known = await trx('patreon_campaigns').where({ patreon_id: campaign.id }).first('id');
  const resources: SyncReport['campaigns'][number]['resources'] = {};
  for (const resource of order.resources) {
    try {
      const part = await comparePart(run, resource, campaign, known?.id ?? NOT_YET, page);
      resources[resource] = part.report;
      const samples = await sampleOf(trx, part.table, part.differences, order.samples);
      found.samples.push(...samples.map((sample) => ({ campaign: campaign.id, resource, ...sample })));
      if (part.held !== null) found.errors.push({ campaign: campaign.id, resource, message: part.held });
      found.isHeld ||= part.held !== null;
    } catch (error) {
      run.signal.throwIfAborted();
      found.errors.push({ campaign: campaign.id, resource, message: describeFailure(error, resource) });
    }
  }
  found.campaigns.push({ patreon_id: campaign.id, resources });
}

const CAMPAIGNS: ComparedTable = { table: 'patreon_campaigns', key: ['patreon_id'] };
const TIERS: ComparedTable = { table: 'patreon_tiers', key: RECORD_KEY };

async function comparePart(
  run: DryRun,
  resource: Resource,
  campaign: Campaign,
  id: number,
  page: Page<Campaign>,
): Promise<PartComparison> {
  const { trx, client, credentialId, signal, order } = run;
  const asked = { signal, samples: order.samples };
  if (resource === 'campaigns') {
    const row = campaignRow(campaign, credentialId, page.dropped);
    return { ...(await compareRows(trx, CAMPAIGNS, [row])), table: CAMPAIGNS, held: null };
  }
  if (resource === 'tiers') {
    return { ...(await compareTiers(trx, campaign, id, page.dropped)), table: TIERS, held: null };
  }
  if (resource === 'members') {
    const list: ComparedList<Member> = {
      resource,
      type: 'member',
      table: 'patreon_members',
      campaignId: id,
      fetch: (options) => client.listMembers(campaign.id, options),
      toRow: (member, dropped) => memberRow(member, id, dropped),
    };
    return { ...(await compareList(trx, list, asked)), table: { table: list.table, key: RECORD_KEY } };
  }
  const list: ComparedList<Post> = {
    resource,
    type: 'post',
    table: 'patreon_posts',
    campaignId: id,
    fetch: (options) => client.listPosts(campaign.id, options),
    toRow: (post, dropped) => postRow(post, id, dropped),
    ignored: (patreonIds) => IgnoredPost.among(id, patreonIds, trx),
  };
  return { ...(await compareList(trx, list, asked)), table: { table: list.table, key: RECORD_KEY } };
}

/** Benefits are counted nowhere, as in a run. */
async function compareTiers(
  trx: Knex.Transaction,
  campaign: Campaign,
  id: number,
  dropped: Page<Campaign>['dropped'],
): Promise<ComparedRows> {
  const rows = campaign.tiers.map((tier) => tierRow(tier, id, dropped));
  const { report, differences } = await compareRows(trx, TIERS, rows);
  if (campaign.missing_relationships.includes('tiers')) return { report, differences };
  const { rows: counted } = await trx.raw(
    'select count(*) as gone from patreon_tiers where campaign_id = ? and gone_at is null and patreon_id <> all(?::text[])',
    [id, campaign.tier_ids],
  );
  return { report: { ...report, gone: (counted[0] as { gone: number }).gone }, differences };
}
