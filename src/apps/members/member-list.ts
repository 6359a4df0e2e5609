import type { Request } from 'express';
import type { Knex } from 'knex';
import type { Context } from '../../context';
import { ValidationError } from '../../errors';
import { parseListQuery } from '../../http/list-query';
import { listView } from '../../http/view-list';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { maskedEmail } from './masked-email';
import { PatreonMember } from './member.model';
import { listMemberPage } from './member-page';
import { type MemberFilters, memberFilters } from './members.schemas';

/**
 * The list that a request asks for, as its reader may see it: without the permission for e-mails they are masked here
 * and not searched. @throws ValidationError with a catalogue key for each wrong parameter
 */
export async function readMemberList(req: Request, { knex }: Context, campaign?: PatreonCampaign) {
  // The address already names the campaign.
  const asked = campaign ? { ...req.query, campaign: '' } : req.query;
  const query = parseListQuery(memberFilters, PatreonMember.sorts, '-joined', asked);
  const { filters } = query;
  const { tier, campaign: chosen } = await findChosen(filters, knex);
  const filter = {
    ...filters,
    campaignId: campaign?.id ?? chosen?.id,
    tier,
    searchesEmail: req.can('members.email'),
  };
  const page = await listMemberPage({ filter, sort: query.order, position: query.position }, knex);
  const view = listView(req.path, query, page, page.total);
  return {
    ...view,
    rows: await readRows(page.rows, req.can('members.email'), knex),
    filters,
    chosen: { campaign: chosen, tier },
    hasMembers: page.rows.length > 0 || (await PatreonMember.existsAny(knex)),
  };
}

/** The rows behind the ids of a query; one that does not exist is a wrong parameter. */
async function findChosen(filters: MemberFilters, knex: Knex) {
  const campaign = filters.campaign ? await PatreonCampaign.findById(filters.campaign, knex) : undefined;
  const tier = filters.tier ? await PatreonTier.findById(filters.tier, knex) : undefined;
  const problems = {
    ...(filters.campaign && !campaign && { campaign: 'list:problem.campaign' }),
    ...(filters.tier && !tier && { tier: 'list:problem.tier' }),
  };
  if (Object.keys(problems).length > 0) throw new ValidationError(problems);
  return { campaign, tier };
}

async function readRows(members: readonly PatreonMember[], seesEmail: boolean, knex: Knex) {
  const campaignIds = [...new Set(members.map((member) => member.campaign_id))];
  const tierIds = [...new Set(members.flatMap((member) => member.currently_entitled_tiers))];
  const [campaigns, tiers] = await Promise.all([
    PatreonCampaign.listByIds(campaignIds, knex),
    PatreonTier.listByPatreonIds(campaignIds, tierIds, knex),
  ]);
  const campaignOf = new Map(campaigns.map((campaign) => [campaign.id, campaign]));
  const tierOf = new Map(tiers.map((tier) => [`${tier.campaign_id}/${tier.patreon_id}`, tier]));
  return members.map((member) => ({
    member,
    campaign: campaignOf.get(member.campaign_id),
    email: member.email && (seesEmail ? member.email : maskedEmail(member.email)),
    tiers: member.currently_entitled_tiers.map((id) => ({ id, tier: tierOf.get(`${member.campaign_id}/${id}`) })),
  }));
}
