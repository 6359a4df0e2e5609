import { campaignStore } from './campaign-store';
import { failureSentence } from './failure-telling';
import { describeFailure } from './failure-words';
import { type ReadOutcome, readOne } from './read-one';
import { isRunOver } from './run-over';
import type { SyncRunError } from './sync-run.model';
import { READER } from './sync-runs.service';
import type { SyncSession } from './sync-session';

/** An account has a handful of campaigns. */
const MAX_UNLISTED = 50;

/**
 * Reads by themselves the campaigns that this connection used to list and no longer does: those that Patreon does not know
 * are marked as gone. Answers in words what became of each; nothing once it is marked.
 */
export async function readUnlisted(session: SyncSession, listed: readonly string[]): Promise<SyncRunError[]> {
  const { context, credentialId } = session;
  const rows: { id: number; patreon_id: string }[] = await context
    .knex('patreon_campaigns')
    .where({ credential_id: credentialId })
    .whereNull('gone_at')
    .whereRaw(`${READER} = credential_id`)
    .whereNotIn('patreon_id', [...listed])
    .orderBy('id')
    .limit(MAX_UNLISTED)
    .select('id', 'patreon_id');
  const errors: SyncRunError[] = [];
  for (const { id: campaignId, patreon_id: patreonId } of rows) {
    const message = await readCampaign(session, campaignId, patreonId).then(
      (outcome) => (outcome === 'gone' ? GONE : UNLISTED),
      (error) => {
        if (isRunOver(session, error)) throw error;
        return `${UNLISTED} ${describeFailure(error, 'campaigns')}`;
      },
    );
    errors.push({ campaign: patreonId, resource: 'campaigns', message });
  }
  return errors;
}

/** Reads one campaign of a run by itself, with the tiers that come with it. @throws PatreonError */
export function readCampaign(session: SyncSession, campaignId: number, patreonId: string): Promise<ReadOutcome> {
  return readOne(session.context, {
    target: { campaignId, resource: 'campaigns', patreonId },
    store: campaignStore(session.credentialId),
    read: () => session.read((signal) => session.client.getCampaign(patreonId, { signal })),
    write: (work) => session.write(work),
  });
}

const GONE = failureSentence('gone');
const UNLISTED = failureSentence('unlisted');
