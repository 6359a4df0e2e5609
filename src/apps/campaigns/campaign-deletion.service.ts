import type { Knex } from 'knex';
import type { Context } from '../../context';
import { ConflictError, NotFoundError, ValidationError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { campaignName, PatreonCampaign } from './campaign.model';
import { IgnoredCampaign } from './ignored-campaign.model';

/** So many rows go at once: each statement is short enough that nobody waits for it. */
const CHUNK = 1_000;

/** What is kept of a campaign so that no page has to count; without it the campaign is in no figure any more. */
const FIGURES = [
  'patreon_member_counts',
  'patreon_member_tier_counts',
  'daily_member_figures',
  'daily_member_movements',
  'expected_charges',
  'campaign_statistics',
] as const;

/**
 * Deletes a campaign here, never at Patreon. It is ignored and out of sight at once; its rows, of which there may be
 * millions, are removed by a job. @throws ValidationError when the name was not typed or a sync is reading the campaign
 */
export async function deleteCampaign(
  context: Context,
  campaignId: number,
  confirmation: string,
  actor: Actor,
): Promise<PatreonCampaign> {
  return context.knex.transaction(async (trx) => {
    const campaign = await PatreonCampaign.findById(campaignId, trx);
    if (!campaign) throw new NotFoundError();
    const name = campaignName(campaign);
    if (confirmation.trim() !== name.trim()) throw new ValidationError({ confirm: 'campaignSettings:problem.confirm' });
    if (await isBeingRead(campaign, trx)) throw new ValidationError({ form: 'campaignSettings:problem.syncing' });
    const entered: unknown[] = await trx('ignored_campaigns')
      .insert({
        patreon_id: campaign.patreon_id,
        campaign_id: campaign.id,
        name: name.slice(0, 200),
        ignored_by: actor.staffId ?? null,
      })
      .onConflict('patreon_id')
      .ignore()
      .returning('patreon_id');
    // Sent twice: the other one did it.
    if (entered.length === 0) return campaign;
    await trx('patreon_campaigns')
      .where({ id: campaign.id })
      .whereNull('gone_at')
      .update({ gone_at: trx.fn.now(), changed_at: trx.fn.now() });
    for (const table of FIGURES) await trx(table).where({ campaign_id: campaign.id }).delete();
    await recordAudit(trx, {
      ...actor,
      action: 'campaign.deleted',
      subject: { type: 'campaign', id: campaign.id },
      details: { patreon_id: campaign.patreon_id },
    });
    await enqueueDeletion(context, campaign.id, trx);
    return campaign;
  });
}

/** An open run holds its connection from the moment it is queued. */
async function isBeingRead({ credential_id }: PatreonCampaign, db: Knex): Promise<boolean> {
  if (credential_id === null) return false;
  return (await db('sync_locks').where({ credential_id }).first('run_id')) !== undefined;
}

/** At most one such job waits for each campaign. */
export async function enqueueDeletion({ jobs }: Context, campaignId: number, trx?: Knex.Transaction): Promise<void> {
  await jobs.enqueue('delete-campaign', { campaign_id: campaignId }, { key: `delete-campaign:${campaignId}`, trx });
}

/** Queues again what a killed process left unfinished. Safe to repeat: two that remove the same rows do no harm. */
export async function recoverDeletions(context: Context): Promise<number> {
  const ids = await IgnoredCampaign.listBeingRemoved(context.knex);
  for (const id of ids) await enqueueDeletion(context, id);
  return ids.length;
}

/**
 * Removes the rows of a campaign that was deleted, members first, a chunk in each transaction. Safe to repeat; when it is
 * asked to stop it leaves the rest, and `isDone` is false.
 */
export async function removeCampaignRows(
  { knex }: Context,
  campaignId: number,
  signal: AbortSignal,
): Promise<{ members: number; isDone: boolean }> {
  const ignored = await IgnoredCampaign.findByCampaign(campaignId, knex);
  if (!ignored || ignored.deleted_at !== null) return { members: 0, isDone: true };
  let members = 0;
  for (const table of ['patreon_members', 'patreon_posts']) {
    for (let last: string | null = ''; last !== null; ) {
      if (signal.aborted) return { members, isDone: false };
      const chunk = await removeChunk(knex, { table, campaignId, after: last });
      last = chunk.last;
      if (table === 'patreon_members') members += chunk.count;
    }
  }
  await knex.transaction(async (trx) => {
    await trx('patreon_campaigns').where({ id: campaignId }).delete();
    await trx('ignored_campaigns').where({ campaign_id: campaignId }).update({ deleted_at: trx.fn.now() });
  });
  return { members, isDone: true };
}

/** The next rows in the order of Patreon's ids: so no chunk passes over the remains of those before it. */
async function removeChunk(
  knex: Knex,
  { table, campaignId, after }: { table: string; campaignId: number; after: string },
): Promise<{ last: string | null; count: number }> {
  const { rows }: { rows: [{ last: string | null; count: number }] } = await knex.raw(
    `with chunk as (
       select id, patreon_id from ?? where campaign_id = ? and patreon_id > ? order by patreon_id limit ?
     ), removed as (
       delete from ?? t using chunk where t.id = chunk.id returning 1
     )
     select max(patreon_id) as last, (select count(*) from removed)::int as count from chunk`,
    [table, campaignId, after, CHUNK, table],
  );
  return rows[0];
}

/** Lets syncs bring the campaign back. @throws ConflictError while its rows are still being removed */
export async function unignoreCampaign({ knex }: Context, patreonId: string, actor: Actor): Promise<IgnoredCampaign> {
  return knex.transaction(async (trx) => {
    const ignored = await IgnoredCampaign.query(trx).findById(patreonId).forUpdate();
    if (!ignored) throw new NotFoundError();
    if (ignored.deleted_at === null)
      throw new ConflictError('This campaign is still being removed. Try again when that is done.', 'being_removed');
    await IgnoredCampaign.query(trx).deleteById(patreonId);
    await recordAudit(trx, {
      ...actor,
      action: 'campaign.unignored',
      subject: { type: 'campaign', id: ignored.campaign_id },
      details: { patreon_id: patreonId },
    });
    return ignored;
  });
}
