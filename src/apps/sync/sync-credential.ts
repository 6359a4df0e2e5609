import { PatreonError } from '../../patreon/patreon-error';
import type { Campaign } from '../../patreon/resources';
import { membersList, postsList, storeCampaign } from './campaign-parts';
import { describeFailure, describeLack } from './failure-words';
import { concludeGone, TooManyMissingError } from './gone';
import { type ListResource, quarantine, runListPass } from './list-pass';
import { type CampaignsPage, readCampaigns } from './read-campaigns';
import { LeaseLostError, RunCancelledError } from './run-lease';
import type { Resource, SyncRunError } from './sync-run.model';
import type { SyncSession } from './sync-session';
import { syncTiers } from './tiers-part';

/** Reads the campaigns of one connection, each with its parts. One part that fails does not stop the others. */
export async function syncCredential(session: SyncSession): Promise<SyncRunError[]> {
  const pages = await readCampaigns(session).catch((error) => fatal(session, error));
  if (!Array.isArray(pages)) return [pages];
  const wanted = await wantedCampaign(session);
  const isWanted = (id: string | null) => wanted === null || id === wanted;
  const errors = pages
    .flatMap((page) => page.rejected)
    .filter(({ type, id }) => type === 'campaign' && isWanted(id))
    .map(({ id, reason }): SyncRunError => ({ ...ALL_CAMPAIGNS, campaign: id, message: `Cannot be read: ${reason}` }));
  const found = new Map(pages.flatMap((page) => page.items.map((campaign) => [campaign.id, { campaign, page }])));
  for (const id of found.keys()) if (!isWanted(id)) found.delete(id);
  if (found.size === 0 && errors.length === 0) {
    const message =
      wanted === null
        ? 'This Patreon account has no campaign of its own that can be read.'
        : 'Patreon no longer names this campaign for the connection it was read through.';
    errors.push({ ...ALL_CAMPAIGNS, message });
  }
  for (const { campaign, page } of found.values()) errors.push(...(await syncCampaign(session, campaign, page)));
  return errors;
}

const ALL_CAMPAIGNS = { campaign: null, resource: 'campaigns' } as const;

/** What stops the run rather than a part: no lease, no permission to go on, or an access token that is no more. */
function fatal(session: SyncSession, error: unknown): SyncRunError {
  if (error instanceof LeaseLostError || error instanceof RunCancelledError || session.signal.aborted) throw error;
  session.context.log.warn({ err: error, runId: session.run.id }, 'the campaigns could not be read');
  return { campaign: null, resource: 'campaigns', message: describeFailure(error) };
}

/** Patreon's id of the only campaign that the run is about; null when it is about all. */
async function wantedCampaign({ run, context }: SyncSession): Promise<string | null> {
  if (run.campaign_id === null) return null;
  const row = await context.knex('patreon_campaigns').where({ id: run.campaign_id }).first('patreon_id');
  return row?.patreon_id ?? '';
}

async function syncCampaign(session: SyncSession, campaign: Campaign, page: CampaignsPage): Promise<SyncRunError[]> {
  const campaignId = await session.lease.write(async (trx) => {
    const known = await trx('patreon_campaigns').where({ patreon_id: campaign.id }).first('id');
    if (known && !session.wants('campaigns')) return known.id as number;
    const stored = await storeCampaign(session, trx, campaign, page);
    const rejected = page.rejected.filter(({ type, id }) => type === 'user' && id === campaign.creator_id);
    await begin(session, stored.campaignId, 'campaigns', trx);
    await quarantine(trx, session, stored.campaignId, 'campaigns', rejected);
    await session.addCounts(trx, stored.campaignId, 'campaigns', {
      ...stored.counts,
      pages: 1,
      fetched: 1,
      quarantined: rejected.length,
      reported_total: 1,
    });
    await trx('sync_run_resources')
      .where({ run_id: session.run.id, campaign_id: stored.campaignId, resource: 'campaigns' })
      .update(DONE(trx));
    return stored.campaignId;
  });
  const target = { id: campaignId, patreonId: campaign.id };
  const parts: [Resource, () => Promise<PartResult>][] = [
    ['tiers', () => tiersPart(session, campaign, campaignId, page)],
    [
      'members',
      () =>
        listPart(session, campaignId, membersList(session, target), (id, signal) =>
          session.client.getMember(id, { signal }),
        ),
    ],
    [
      'posts',
      () =>
        listPart(session, campaignId, postsList(session, target), (id, signal) =>
          session.client.getPost(id, { signal }),
        ),
    ],
  ];
  const errors: SyncRunError[] = [];
  for (const [resource, work] of parts) {
    if (!session.wants(resource)) continue;
    const error = await part(session, campaignId, resource, scopeMissing(session, resource) ?? work);
    if (error) errors.push({ campaign: campaign.id, resource, message: error });
  }
  return errors;
}

const SCOPES: Partial<Record<Resource, string>> = { members: 'campaigns.members', posts: 'campaigns.posts' };

/** Patreon answers 401 to a missing scope, as to a dead token: so what cannot be read is not asked for. */
function scopeMissing(session: SyncSession, resource: Resource): (() => Promise<never>) | null {
  const scope = SCOPES[resource];
  if (!scope || session.scopes.length === 0 || session.scopes.includes(scope)) return null;
  return () => Promise.reject(new Error(`The connection lacks the scope ${scope}. Connect Patreon again to grant it.`));
}

const DONE = (knex: { fn: { now(): unknown } }) => ({ state: 'succeeded', complete: true, finished_at: knex.fn.now() });

async function begin(
  session: SyncSession,
  campaignId: number,
  resource: Resource,
  trx = session.context.knex,
): Promise<void> {
  await trx('sync_run_resources').insert({ run_id: session.run.id, campaign_id: campaignId, resource });
}

/** How a part ended that was read. */
interface PartResult {
  complete: boolean;
  /** What it lacks all the same, in words. */
  lacks: string | null;
}

/** Runs one part and writes down how it ended. Answers what is missing in words, or null. */
async function part(
  session: SyncSession,
  campaignId: number,
  resource: Resource,
  work: () => Promise<PartResult>,
): Promise<string | null> {
  const { knex, log } = session.context;
  const row = () => knex('sync_run_resources').where({ run_id: session.run.id, campaign_id: campaignId, resource });
  await begin(session, campaignId, resource);
  try {
    const { complete, lacks } = await work();
    await row().update({ state: 'succeeded', complete, error: lacks, finished_at: knex.fn.now() });
    return lacks;
  } catch (error) {
    if (error instanceof LeaseLostError || error instanceof RunCancelledError || session.signal.aborted) throw error;
    log.warn({ err: error, runId: session.run.id, resource }, 'a part of a sync run failed');
    if (error instanceof TooManyMissingError) session.held = true;
    const message = describeFailure(error, resource);
    await row().update({ state: 'failed', complete: false, error: message, finished_at: knex.fn.now() });
    return message;
  }
}

async function tiersPart(...given: Parameters<typeof syncTiers>): Promise<PartResult> {
  return { complete: await syncTiers(...given), lacks: null };
}

async function listPart<T extends { id: string }>(
  session: SyncSession,
  campaignId: number,
  list: ListResource<T>,
  readOne: (id: string, signal: AbortSignal) => Promise<unknown>,
): Promise<PartResult> {
  const pass = await readWhole(session, campaignId, list);
  await concludeGone(session, campaignId, list, pass, readOne);
  return { complete: pass.complete, lacks: describeLack(pass) };
}

/** A list whose cursor expired on the way is begun again, once. */
async function readWhole<T extends { id: string }>(session: SyncSession, campaignId: number, list: ListResource<T>) {
  try {
    return await runListPass(session, campaignId, list);
  } catch (error) {
    if (!(error instanceof PatreonError) || error.kind !== 'cursor_expired') throw error;
    await session.forgetPass(campaignId, list.resource);
    return runListPass(session, campaignId, list);
  }
}
