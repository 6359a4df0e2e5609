import type { Request } from 'express';
import type { Context } from '../../context';
import { rowId } from '../../http/parse';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { PostDraft } from './draft.model';
import { draftCrumbs, draftTitle } from './draft-page';

export interface FoundDraft {
  draft: PostDraft;
  campaign: PatreonCampaign;
}

/** The live draft of an address; undefined for a mirrored post, or for nothing. */
export async function findDraft(req: Request, { knex }: Context): Promise<FoundDraft | undefined> {
  const draft = await PostDraft.findLive(rowId(req.params.id), knex);
  const campaign = draft && (await PatreonCampaign.findById(draft.campaign_id, knex));
  return draft && campaign ? { draft, campaign } : undefined;
}

/** What every page below a draft shows of it. */
export function draftLocals(req: Request, { draft, campaign }: FoundDraft, label: string) {
  return {
    title: `${label} · ${draftTitle(req, draft)}`,
    heading: draftTitle(req, draft),
    section: 'posts',
    breadcrumbs: draftCrumbs(req, draft, label),
    draft,
    campaign,
    campaignTitle: campaignName(campaign),
    timeZone: campaign.time_zone,
  };
}
