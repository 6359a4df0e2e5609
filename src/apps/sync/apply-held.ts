import type { Knex } from 'knex';
import { failPoint } from '../../lib/fail-points';
import type { RecordStore } from './list-resource';
import { askingFirst, requireCampaign } from './lost-connection';
import { memberStore } from './member-store';
import { completenessOf, type PassState, partRow } from './pass-state';
import { postStore } from './post-store';
import { lockReads } from './read-stamps';
import type { Pass } from './sightings';
import { type Applying, applyStaged } from './staging';
import { SyncRun, type SyncRunError } from './sync-run.model';

/**
 * Stores what a held run had read, on the owner's word: those it missed are marked as gone and what differed is applied,
 * except where something has been read since. Nothing is asked of Patreon. Whoever takes over goes on where this stopped.
 */
export async function applyHeldParts(run: SyncRun, applying: Applying): Promise<SyncRunError[]> {
  const { context, lease } = applying;
  const credentialIds = await SyncRun.credentialIds(run.id);
  for (const part of await heldParts(context.knex, run.id)) {
    const { campaign_id: campaignId, patreon_id: patreonId, resource, pass: state, start_seq: startSeq } = part;
    const pass: Pass = { runId: run.id, campaignId, resource };
    // A connection that took the campaign over since the decision reads it without a look at our locks.
    const own = { ...applying, lease: askingFirst(lease, (trx) => requireCampaign(trx, patreonId, credentialIds)) };
    if (resource === 'members') await applyPart(own, memberStore(context, campaignId), pass, startSeq);
    else await applyPart(own, postStore(campaignId), pass, startSeq);
    await lease.write((trx) =>
      partRow(trx, pass).update({
        state: 'succeeded',
        complete: completenessOf(state).complete,
        error: null,
        finished_at: trx.fn.now(),
      }),
    );
  }
  return run.errors.filter(({ resource, campaign }) => resource === null || campaign === null);
}

interface HeldPart {
  campaign_id: number;
  patreon_id: string;
  resource: 'members' | 'posts';
  pass: PassState;
  start_seq: number;
}

function heldParts(knex: Knex, runId: number): Promise<HeldPart[]> {
  return knex('sync_run_resources as p')
    .join('patreon_campaigns as c', 'c.id', 'p.campaign_id')
    .where({ run_id: runId, state: 'held' })
    .orderBy('campaign_id')
    .select('campaign_id', 'patreon_id', 'resource', 'pass', 'start_seq');
}

async function applyPart<T extends { id: string }>(
  applying: Applying,
  store: RecordStore<T>,
  pass: Pass,
  startSeq: number,
): Promise<void> {
  await applying.lease.write(async (trx) => {
    await lockReads(trx, pass);
    const gone = await markDeparted(trx, store.table, pass, startSeq);
    await partRow(trx, pass).update({ gone: trx.raw('gone + ?', [gone]) });
  });
  failPoint('departures.marked');
  // What a single read met at the same moment is as that read says, or comes with the next run.
  await applyStaged(applying, store, pass);
}

async function markDeparted(
  trx: Knex.Transaction,
  table: string,
  { runId, campaignId, resource }: Pass,
  startSeq: number,
): Promise<number> {
  const result = await trx.raw(
    `update "${table}" t set gone_at = now(), changed_at = now(), read_seq = :startSeq
       from sync_departures d
      where d.run_id = :runId and d.campaign_id = :campaignId and d.resource = :resource and d.reason = 'gone'
        and t.campaign_id = d.campaign_id and t.patreon_id = d.patreon_id
        and t.gone_at is null and t.read_seq < :startSeq
        and not exists (
          select from patreon_read_stamps s
           where s.campaign_id = d.campaign_id and s.resource = d.resource and s.patreon_id = d.patreon_id
             and s.end_seq > :startSeq)`,
    { runId, campaignId, resource, startSeq },
  );
  return result.rowCount ?? 0;
}
