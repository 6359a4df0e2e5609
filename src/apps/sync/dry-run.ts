import type { Knex } from 'knex';
import type { Context } from '../../context';
import { compareMany, type Row } from '../../db/upsert-many';
import type { Page, PageOptions, PatreonClient } from '../../patreon/client';
import type { Campaign } from '../../patreon/resources';
import { patreonClientFor } from '../connections/patreon-client.service';
import { describeFailure } from './failure-words';
import { benefitRow, campaignRow, tierRow } from './mappers/campaign.mapper';
import { memberRow } from './mappers/member.mapper';
import { postRow } from './mappers/post.mapper';
import type { ResourceReport, SyncReport } from './sync-report';
import type { Resource, SyncRunError } from './sync-run.model';
import { connectionsToRead } from './sync-runs.service';

export interface DryRunReport extends Omit<SyncReport, 'run_id'> {
  run_id: null;
  dry_run: true;
}

interface DryRun {
  context: Context;
  trx: Knex.Transaction;
  client: PatreonClient;
  credentialId: number;
  resources: readonly Resource[];
  signal: AbortSignal;
}

const MAX_PAGES = 20_000;
/** Later than any read: whatever differs counts as a change. */
const LATEST = Number.MAX_SAFE_INTEGER;
/** No row has it: everything of a campaign that is not known yet is new. */
const NOT_YET = 0;

/**
 * What a sync would change, found by reading everything and comparing it. Nothing of it is stored and no run is made, so
 * it disturbs nobody; `gone` are those whom a real run would go on to confirm. @throws ConflictError when nothing is connected
 */
export async function dryRun(
  context: Context,
  order: { campaignId: number | undefined; resources: readonly Resource[] },
  signal: AbortSignal,
): Promise<DryRunReport> {
  const began = context.clock.now().getTime();
  const wanted =
    order.campaignId && (await context.knex('patreon_campaigns').where({ id: order.campaignId }).first('patreon_id'));
  const campaigns: SyncReport['campaigns'] = [];
  const errors: SyncRunError[] = [];
  let requests = 0;
  const onRequest = () => {
    requests += 1;
  };
  await context.knex.transaction(async (trx) => {
    await trx.raw('set local idle_in_transaction_session_timeout = 0');
    await trx.raw('create temporary table dry_run_sightings (patreon_id text primary key) on commit drop');
    for (const credentialId of await connectionsToRead(trx, { campaignId: order.campaignId })) {
      const client = await patreonClientFor(context, credentialId, { signal, onRequest });
      const run: DryRun = { context, trx, client, credentialId, resources: order.resources, signal };
      try {
        for await (const page of pagesOf((options) => client.listCampaigns(options), signal))
          for (const campaign of page.items)
            if (!wanted || wanted.patreon_id === campaign.id)
              campaigns.push(await compareCampaign(run, campaign, page, errors));
      } catch (error) {
        signal.throwIfAborted();
        errors.push({ campaign: null, resource: 'campaigns', message: describeFailure(error) });
      }
    }
  });
  const state = errors.length === 0 ? 'succeeded' : campaigns.length === 0 ? 'failed' : 'partial';
  return {
    run_id: null,
    dry_run: true,
    state,
    campaigns,
    requests,
    duration_ms: context.clock.now().getTime() - began,
    errors,
  };
}

/** A list to its end, as a run reads it: a cursor that comes again ends it as well. */
async function* pagesOf<T>(
  fetch: (page: PageOptions) => Promise<Page<T>>,
  signal: AbortSignal,
): AsyncGenerator<Page<T>> {
  const cursors = new Set<string>();
  let cursor: string | null = null;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page: Page<T> = await fetch({ cursor, signal });
    yield page;
    cursor = page.nextCursor;
    if (cursor === null || cursors.has(cursor) || page.items.length === 0) return;
    cursors.add(cursor);
  }
}

async function compareCampaign(
  run: DryRun,
  campaign: Campaign,
  page: Page<Campaign>,
  errors: SyncRunError[],
): Promise<SyncReport['campaigns'][number]> {
  const known = await run.trx('patreon_campaigns').where({ patreon_id: campaign.id }).first('id');
  const id: number = known?.id ?? NOT_YET;
  const parts: Record<Resource, () => Promise<ResourceReport>> = {
    campaigns: () =>
      compareRows(run, 'patreon_campaigns', ['patreon_id'], [campaignRow(campaign, run.credentialId, page.dropped)]),
    tiers: () => compareTiers(run, campaign, id, page),
    members: () =>
      compareList(
        run,
        'patreon_members',
        id,
        (options) => run.client.listMembers(campaign.id, options),
        (m, dropped) => memberRow(m, id, dropped),
      ),
    posts: () =>
      compareList(
        run,
        'patreon_posts',
        id,
        (options) => run.client.listPosts(campaign.id, options),
        (p, dropped) => postRow(p, id, dropped),
      ),
  };
  const resources: SyncReport['campaigns'][number]['resources'] = {};
  for (const resource of run.resources) {
    try {
      resources[resource] = await parts[resource]();
    } catch (error) {
      run.signal.throwIfAborted();
      errors.push({ campaign: campaign.id, resource, message: describeFailure(error, resource) });
    }
  }
  return { patreon_id: campaign.id, resources };
}

const KEY = ['campaign_id', 'patreon_id'] as const;

async function compareRows(
  { trx }: DryRun,
  table: string,
  key: readonly string[],
  rows: Row[],
): Promise<ResourceReport> {
  const counts = await compareMany(trx, { table, key, readSeq: LATEST }, rows);
  return { fetched: rows.length, ...counts, gone: 0, quarantined: 0 };
}

/** Benefits are compared with their tiers' campaign but counted nowhere, as in a run. */
async function compareTiers(
  run: DryRun,
  campaign: Campaign,
  id: number,
  page: Page<Campaign>,
): Promise<ResourceReport> {
  const report = await compareRows(
    run,
    'patreon_tiers',
    KEY,
    campaign.tiers.map((tier) => tierRow(tier, id, page.dropped)),
  );
  await compareRows(
    run,
    'patreon_benefits',
    KEY,
    campaign.benefits.map((benefit) => benefitRow(benefit, id, page.dropped)),
  );
  if (campaign.missing_relationships.includes('tiers')) return report;
  const { rows } = await run.trx.raw(
    'select count(*) as gone from patreon_tiers where campaign_id = ? and gone_at is null and patreon_id <> all(?::text[])',
    [id, campaign.tier_ids],
  );
  return { ...report, gone: (rows[0] as { gone: number }).gone };
}

async function compareList<T extends { id: string }>(
  run: DryRun,
  table: string,
  id: number,
  fetch: (page: PageOptions) => Promise<Page<T>>,
  toRow: (item: T, dropped: Page<T>['dropped']) => Row,
): Promise<ResourceReport> {
  const total: ResourceReport = { fetched: 0, created: 0, updated: 0, unchanged: 0, gone: 0, quarantined: 0 };
  let isWhole = false;
  await run.trx.raw('truncate dry_run_sightings');
  for await (const page of pagesOf(fetch, run.signal)) {
    const counts = await compareRows(
      run,
      table,
      KEY,
      page.items.map((item) => toRow(item, page.dropped)),
    );
    for (const name of ['fetched', 'created', 'updated', 'unchanged'] as const) total[name] += counts[name];
    total.quarantined += page.rejected.length;
    await run.trx.raw('insert into dry_run_sightings select distinct unnest(?::text[]) on conflict do nothing', [
      page.items.map((item) => item.id),
    ]);
    isWhole = page.nextCursor === null;
  }
  if (!isWhole || total.quarantined > 0) return total;
  const { rows } = await run.trx.raw(
    `select count(*) as gone from (select patreon_id from "${table}" where campaign_id = ? and gone_at is null
                                    except select patreon_id from dry_run_sightings) as missing`,
    [id],
  );
  return { ...total, gone: (rows[0] as { gone: number }).gone };
}
