import type { Knex } from 'knex';
import type { Campaign } from '../../patreon/resources';
import type { CampaignReader } from './campaign-store';
import { lockReads, stamped } from './read-stamps';

/** What comes with a campaign and nowhere else: it names all of them, and what it no longer names is gone. */
const WITH_CAMPAIGN = [
  { table: 'patreon_tiers', relationship: 'tiers', ids: (campaign: Campaign) => campaign.tier_ids },
  { table: 'patreon_benefits', relationship: 'benefits', ids: (campaign: Campaign) => campaign.benefit_ids },
] as const;

/**
 * Marks as gone the tiers and benefits that a campaign leaves out twice: in the answer at hand, and when it is read once
 * more by itself. `onTiersGone` is told how many tiers inside the transaction that marks them.
 */
export async function concludeUnnamed(
  reader: CampaignReader,
  campaignId: number,
  { campaign, startSeq }: { campaign: Campaign; startSeq: number },
  onTiersGone: (trx: Knex.Transaction, gone: number) => Promise<void> = async () => undefined,
): Promise<void> {
  const { context, client } = reader;
  if ((await unnamed(context.knex, campaign, campaignId, startSeq)).length === 0) return;
  const again = await reader.read((signal) => stamped(context, () => client.getCampaign(campaign.id, { signal })));
  const { item } = again;
  if (!item) return;
  await reader.write(async (trx) => {
    await lockReads(trx, { campaignId, resource: 'campaigns' });
    for (const { table, ids } of await unnamed(trx, campaign, campaignId, startSeq)) {
      const entry = WITH_CAMPAIGN.find((known) => known.table === table);
      if (!entry || item.missing_relationships.includes(entry.relationship)) continue;
      const gone = await trx(table)
        .whereIn('id', ids)
        .whereNull('gone_at')
        .where('read_seq', '<', again.startSeq)
        .whereRaw('patreon_id <> all(?::text[])', [entry.ids(item)])
        .update({ gone_at: trx.fn.now(), changed_at: trx.fn.now(), read_seq: again.startSeq });
      if (table === 'patreon_tiers' && gone > 0) await onTiersGone(trx, gone);
    }
  });
}

/** The live rows that the campaign leaves out, by table; of a relationship that it does not tell about, none. */
async function unnamed(knex: Knex, campaign: Campaign, campaignId: number, startSeq: number) {
  const found: { table: string; ids: number[] }[] = [];
  for (const { table, relationship, ids } of WITH_CAMPAIGN) {
    if (campaign.missing_relationships.includes(relationship)) continue;
    const rows: number[] = await knex(table)
      .where({ campaign_id: campaignId })
      .whereNull('gone_at')
      .where('read_seq', '<', startSeq)
      .whereRaw('patreon_id <> all(?::text[])', [ids(campaign)])
      .pluck('id');
    if (rows.length > 0) found.push({ table, ids: rows });
  }
  return found;
}
