import { PatreonError } from '../../patreon/patreon-error';
import type { Campaign } from '../../patreon/resources';
import { membersList, postsList, storeCampaign, storeTiers } from './campaign-parts';
import { describeFailure } from './failure-words';
import { concludeGone } from './gone';
import { type ListResource, quarantine, runListPass } from './list-pass';
import { LeaseLostError, RunCancelledError } from './run-lease';
import type { Resource, SyncRunError } from './sync-run.model';
import type { SyncSession } from './sync-session';

/** Reads the campaigns of one connection, each with its parts. One part that fails does not stop the others. */
export async function syncCredential(session: SyncSession): Promise<SyncRunError[]> {
  const page = await session
    .read(async (signal) => {
      const readSeq = await session.nextReadSeq();
      return { ...(await session.client.listCampaigns({ signal })), readSeq };
    })
    .catch((error) => fatal(session, error));
  if ('message' in page) return [page];
  const errors: SyncRunError[] = [];
  if (page.items.length === 0)
    errors.push({
      campaign: null,
      resource: 'campaigns',
      message: 'This Patreon account has no campaign of its own that can be read.',
    });
  const wanted = await wantedCampaigns(session, page.items);
  if (wanted.length === 0 && page.items.length > 0) {
    errors.push({
      campaign: null,
      resource: 'campaigns',
      message: 'Patreon no longer names this campaign for the connection it was read through.',
    });
  }
  for (const campaign of wanted) errors.push(...(await syncCampaign(session, campaign, page)));
  return errors;
}

/** What stops the run rather than a part: no lease, no permission to go on, or an access token that is no more. */
function fatal(session: SyncSession, error: unknown): SyncRunError {
  if (error instanceof LeaseLostError || error instanceof RunCancelledError || session.signal.aborted) throw error;
  session.context.log.warn({ err: error, runId: session.run.id }, 'the campaigns could not be read');
  return { campaign: null, resource: 'campaigns', message: describeFailure(error) };
}

async function wantedCampaigns(session: SyncSession, campaigns: Campaign[]): Promise<Campaign[]> {
  const { campaign_id } = session.run;
  if (campaign_id === null) return campaigns;
  const row = await session.context.knex('patreon_campaigns').where({ id: campaign_id }).first('patreon_id');
  return campaigns.filter((c) => c.id === row?.patreon_id);
}

type CampaignsPage = Awaited<ReturnType<SyncSession['client']['listCampaigns']>> & { readSeq: number };

async function syncCampaign(session: SyncSession, campaign: Campaign, page: CampaignsPage): Promise<SyncRunError[]> {
  const campaignId = await session.lease.write(async (trx) => {
    const known = await trx('patreon_campaigns').where({ patreon_id: campaign.id }).first('id');
    if (known && !session.wants('campaigns')) return known.id as number;
    const stored = await storeCampaign(session, trx, campaign, page);
    await begin(session, stored.campaignId, 'campaigns', trx);
    await session.addCounts(trx, stored.campaignId, 'campaigns', {
      ...stored.counts,
      pages: 1,
      fetched: 1,
      reported_total: 1,
    });
    await trx('sync_run_resources')
      .where({ run_id: session.run.id, campaign_id: stored.campaignId, resource: 'campaigns' })
      .update(DONE(trx));
    return stored.campaignId;
  });
  const target = { id: campaignId, patreonId: campaign.id };
  const parts: [Resource, () => Promise<boolean | null>][] = [
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

/** Runs one part and writes down how it ended. Answers the failure in words, or null. */
async function part(
  session: SyncSession,
  campaignId: number,
  resource: Resource,
  work: () => Promise<boolean | null>,
): Promise<string | null> {
  const { knex, log } = session.context;
  const row = () => knex('sync_run_resources').where({ run_id: session.run.id, campaign_id: campaignId, resource });
  await begin(session, campaignId, resource);
  try {
    const complete = await work();
    await row().update({ state: 'succeeded', complete, finished_at: knex.fn.now() });
    return null;
  } catch (error) {
    if (error instanceof LeaseLostError || error instanceof RunCancelledError || session.signal.aborted) throw error;
    log.warn({ err: error, runId: session.run.id, resource }, 'a part of a sync run failed');
    const message = describeFailure(error, resource);
    await row().update({ state: 'failed', complete: false, error: message, finished_at: knex.fn.now() });
    return message;
  }
}

async function tiersPart(
  session: SyncSession,
  campaign: Campaign,
  campaignId: number,
  page: CampaignsPage,
): Promise<boolean> {
  const rejected = page.rejected.filter((r) => r.type === 'tier' || r.type === 'benefit');
  await session.lease.write(async (trx) => {
    const counts = await storeTiers(trx, campaign, campaignId, page);
    await quarantine(trx, session, campaignId, 'tiers', rejected);
    await session.addCounts(trx, campaignId, 'tiers', {
      ...counts,
      pages: 1,
      fetched: campaign.tiers.length,
      quarantined: rejected.length,
      reported_total: campaign.tier_ids.length,
    });
  });
  return !campaign.missing_relationships.includes('tiers');
}

async function listPart<T extends { id: string }>(
  session: SyncSession,
  campaignId: number,
  list: ListResource<T>,
  readOne: (id: string, signal: AbortSignal) => Promise<unknown>,
): Promise<boolean> {
  const pass = await readWhole(session, campaignId, list);
  await concludeGone(session, campaignId, list, pass, readOne);
  return pass.complete;
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
