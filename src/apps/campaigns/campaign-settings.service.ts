import type { Context } from '../../context';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { type CampaignChoices, CampaignSettings, DEFAULT_CHOICES } from './campaign-settings.model';

/** Stores what staff decided; the audit log tells which fields changed, never their text. Safe to repeat. */
export async function saveCampaignSettings(
  { knex, jobs }: Context,
  campaignId: number,
  choices: CampaignChoices,
  actor: Actor,
): Promise<void> {
  await knex.transaction(async (trx) => {
    const before = (await CampaignSettings.findByCampaign(campaignId, trx)) ?? DEFAULT_CHOICES;
    const fields = (Object.keys(DEFAULT_CHOICES) as (keyof CampaignChoices)[]).filter(
      (field) => before[field] !== choices[field],
    );
    if (fields.length === 0) return;
    await CampaignSettings.query(trx)
      .insert({ ...choices, campaign_id: campaignId, set_by: actor.staffId ?? null, set_at: new Date().toISOString() })
      .onConflict('campaign_id')
      .merge();
    if (fields.includes('search_language')) {
      await jobs.enqueue('index-posts', { campaign_id: campaignId }, { key: `index-posts:${campaignId}`, trx });
    }
    const subject = { type: 'campaign', id: campaignId };
    await recordAudit(trx, { ...actor, action: 'campaign.changed', subject, details: { fields } });
  });
}
