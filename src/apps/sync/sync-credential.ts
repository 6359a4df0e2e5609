import { failPoint } from '../../lib/fail-points';
import type { Campaign } from '../../patreon/resources';
import { readSyncChoices, type SyncChoices } from '../campaigns/campaign-sync.service';
import { PassHeldError } from './brake';
import { membersList, postsList } from './campaign-lists';
import { begin, campaignPart, isFinished, partOf } from './campaign-part';
import { failureSentence } from './failure-telling';
import { syncList } from './list-part';
import { askingFirst, describeLoss, requireCampaign } from './lost-connection';
import { type CampaignsPage, readCampaigns } from './read-campaigns';
import { isRunOver } from './run-over';
import { settleCampaign } from './settle-campaign';
import { forgetSightings } from './sightings';
import type { Resource, SyncRunError } from './sync-run.model';
import type { PartResult, SyncSession } from './sync-session';
import { syncTiers } from './tiers-part';
import { readCampaign, readUnlisted } from './unlisted-campaigns';

/**
 * Reads the campaigns of one connection in turn, each with its parts. One part that fails does not stop the others; what
 * went wrong with a part stands with the part, what concerns no part is answered.
 */
export async function syncCredential(session: SyncSession): Promise<SyncRunError[]> {
  const { knex } = session.context;
  const pages = await readCampaigns(session).catch((error) => failed(session, error));
  if (!Array.isArray(pages)) return [pages];
  const wanted = await wantedCampaign(session);
  const isWanted = (id: string | null) => wanted === null || id === wanted;
  const errors = pages
    .flatMap((page) => page.rejected)
    .filter(({ type, id }) => type === 'campaign' && isWanted(id))
    .map(
      ({ id, reason }): SyncRunError => ({
        ...ALL_CAMPAIGNS,
        campaign: id,
        message: failureSentence('unreadable', { reason }),
      }),
    );
  const found = new Map(pages.flatMap((page) => page.items.map((campaign) => [campaign.id, { campaign, page }])));
  for (const id of found.keys()) if (!isWanted(id)) found.delete(id);
  if (found.size === 0 && errors.length === 0) {
    errors.push({ ...ALL_CAMPAIGNS, message: failureSentence(wanted === null ? 'noCampaign' : 'notNamed') });
  }
  for (const { campaign, page } of found.values()) {
    // Asked for each in turn: a campaign may be deleted while the ones before it are read.
    const choices = await readSyncChoices([campaign.id], { isScheduled: session.run.trigger === 'schedule' }, knex);
    if (choices.skips(campaign.id)) continue;
    await syncCampaign(session, campaign, page, choices).catch(async (error) => {
      errors.push({ ...(await failed(session, error)), campaign: campaign.id });
    });
  }
  if (wanted === null && session.wants('campaigns')) {
    const named = pages.flatMap((page) =>
      page.rejected.flatMap(({ type, id }) => (type === 'campaign' && id ? [id] : [])),
    );
    errors.push(...(await readUnlisted(session, [...found.keys(), ...named])));
  }
  return errors;
}

const ALL_CAMPAIGNS = { campaign: null, resource: 'campaigns' } as const;

async function failed(session: SyncSession, error: unknown): Promise<SyncRunError> {
  if (isRunOver(session, error)) throw error;
  session.context.log.warn({ err: error, runId: session.run.id }, 'what concerns no part could not be read');
  return { ...ALL_CAMPAIGNS, message: await describeLoss(session, error) };
}

/** Patreon's id of the only campaign that the run is about; null when it is about all. */
async function wantedCampaign({ run, context }: SyncSession): Promise<string | null> {
  if (run.campaign_id === null) return null;
  const row = await context.knex('patreon_campaigns').where({ id: run.campaign_id }).first('patreon_id');
  return row?.patreon_id ?? '';
}

async function syncCampaign(
  session: SyncSession,
  campaign: Campaign,
  page: CampaignsPage,
  choices: SyncChoices,
): Promise<void> {
  const { context, client } = session;
  const { campaignId, isContested } = await campaignPart(session, campaign, page);
  const own = session.with(
    askingFirst(session.lease, (trx) => requireCampaign(trx, campaign.id, [session.credentialId])),
  );
  if (isContested) await readCampaign(own, campaignId, campaign.id);
  const target = { id: campaignId, patreonId: campaign.id };
  const parts: [Resource, () => Promise<PartResult>][] = [
    ['tiers', () => syncTiers(own, campaign, campaignId, page)],
    ['members', () => syncList(own, campaignId, membersList(context, client, target))],
    ['posts', () => syncList(own, campaignId, postsList(client, target))],
  ];
  for (const [resource, work] of parts) {
    if (!session.wants(resource) || choices.skipsPart(campaign.id, resource)) continue;
    await part(session, campaignId, resource, scopeMissing(session, resource) ?? work);
    if (resource !== 'members') await settleCampaign(context, campaignId);
  }
}

const SCOPES: Partial<Record<Resource, string>> = { members: 'campaigns.members', posts: 'campaigns.posts' };

/** Patreon answers 401 to a missing scope, as to a dead token: so what cannot be read is not asked for. */
function scopeMissing(session: SyncSession, resource: Resource): (() => Promise<never>) | null {
  const scope = SCOPES[resource];
  if (!scope || session.scopes.length === 0 || session.scopes.includes(scope)) return null;
  return () => Promise.reject(new Error(failureSentence('scopeMissing', { scope })));
}

/** Runs one part, unless the run has finished it before, and writes down how it ended. */
async function part(
  session: SyncSession,
  campaignId: number,
  resource: Resource,
  work: () => Promise<PartResult>,
): Promise<void> {
  const { knex, log } = session.context;
  if (await isFinished(knex, session, campaignId, resource)) return;
  await session.write((trx) => begin(trx, session, campaignId, resource));
  const finish = (ended: { state: string; complete: boolean; error: string | null }) =>
    session.write(async (trx) => {
      await partOf(trx, session, campaignId, resource).update({ ...ended, finished_at: trx.fn.now() });
      await forgetSightings(trx, { campaignId, resource }, session.run.id);
      failPoint('part.ending');
    });
  try {
    const { complete, lacks } = await work();
    await finish({ state: 'succeeded', complete, error: lacks });
  } catch (error) {
    if (isRunOver(session, error)) throw error;
    const held = error instanceof PassHeldError;
    if (held) log.info({ runId: session.run.id, resource }, 'a part of a sync run waits for a decision');
    else log.warn({ err: error, runId: session.run.id, resource }, 'a part of a sync run failed');
    const message = await describeLoss(session, error, resource);
    await finish({ state: held ? 'held' : 'failed', complete: false, error: message });
  }
}
