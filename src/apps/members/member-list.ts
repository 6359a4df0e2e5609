import type { Request } from 'express';
import type { Knex } from 'knex';
import type { Context } from '../../context';
import { listView } from '../../http/view-list';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { maskedEmail } from './masked-email';
import { PatreonMember } from './member.model';
import { listMemberPage } from './member-page';
import { memberReader, readMemberQuery } from './member-query';

/**
 * The list that a request asks for, as its reader may see it: without the permission for e-mails they are masked here
 * and not searched. @throws ValidationError with a catalogue key for each wrong parameter
 */
export async function readMemberList(req: Request, { knex, clock }: Context, campaign?: PatreonCampaign) {
  const query = await readMemberQuery(req.query, memberReader(req, clock), knex, campaign);
  const { filter, filters, chosen, order, position } = query;
  const page = await listMemberPage({ filter, sort: order, position }, knex);
  const view = listView(req.path, query, page, page.total);
  return {
    ...view,
    rows: await readRows(page.rows, req.can('members.email'), knex),
    filters,
    chosen,
    columns: query.columns,
    searchParams: query.searchParams,
    hasMembers: page.rows.length > 0 || (await PatreonMember.existsAny(knex)),
  };
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
