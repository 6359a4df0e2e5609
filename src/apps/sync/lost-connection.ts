import type { Knex } from 'knex';
import type { Context } from '../../context';
import { failureSentence } from './failure-telling';
import { describeFailure } from './failure-words';
import type { RunLease } from './run-lease';
import type { Resource } from './sync-run.model';

/** A campaign belongs to one connection; another one that still lists it leaves it alone. */
export class CampaignElsewhereError extends Error {
  constructor() {
    super(failureSentence('elsewhere'));
    this.name = 'CampaignElsewhereError';
  }
}

export const CONNECTION_DELETED = failureSentence('connectionDeleted');

/**
 * Refuses what is to be written of a campaign that belongs to another connection than these. The campaign cannot change
 * hands before the transaction ends. One that belongs to nobody is not refused. @throws CampaignElsewhereError
 */
export async function requireCampaign(
  trx: Knex.Transaction,
  patreonId: string,
  credentialIds: readonly number[],
): Promise<void> {
  const owner = await trx('patreon_credential_campaigns')
    .where({ patreon_campaign_id: patreonId })
    .forKeyShare()
    .first('credential_id');
  if (owner && !credentialIds.includes(owner.credential_id)) throw new CampaignElsewhereError();
}

/** The lease of the same run, whose writes ask this first. */
export function askingFirst(lease: RunLease, check: (trx: Knex.Transaction) => Promise<void>): RunLease {
  return {
    ...lease,
    write: (work, options) =>
      lease.write(async (trx) => {
        await check(trx);
        return work(trx);
      }, options),
  };
}

/** Why something could not be read: without its connection Patreon cannot be asked, whatever the error says. */
export async function describeLoss(
  { context, credentialId }: { context: Context; credentialId: number },
  error: unknown,
  resource?: Resource,
): Promise<string> {
  if (error instanceof CampaignElsewhereError) return error.message;
  const isDeleted = await context
    .knex('patreon_credentials')
    .where({ id: credentialId })
    .first('id')
    .then(
      (connection) => connection === undefined,
      // Nobody can say so while the database cannot be asked.
      () => false,
    );
  return isDeleted ? CONNECTION_DELETED : describeFailure(error, resource);
}
