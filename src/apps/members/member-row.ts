import type { Knex } from 'knex';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { maskedEmail } from './masked-email';
import type { PatreonMember } from './member.model';
import type { MemberColumn } from './member-columns';

interface FollowUp {
  due_on: string | null;
  owner: string | null;
}

/** Members as rows of the list: with what its columns need of other tables, each read once for the page. */
export async function readMemberRows(
  members: readonly PatreonMember[],
  { columns, seesEmail }: { columns: readonly MemberColumn[]; seesEmail: boolean },
  knex: Knex,
) {
  const campaignIds = [...new Set(members.map((member) => member.campaign_id))];
  const tierIds = [...new Set(members.flatMap((member) => member.currently_entitled_tiers))];
  const ids = members.map((member) => member.id);
  const [campaigns, tiers, labels, followUps, addressed] = await Promise.all([
    PatreonCampaign.listByIds(campaignIds, knex),
    PatreonTier.listByPatreonIds(campaignIds, tierIds, knex),
    columns.includes('labels') ? readLabels(ids, knex) : new Map<number, string[]>(),
    columns.includes('follow_up') ? readFollowUps(ids, knex) : new Map<number, FollowUp>(),
    columns.includes('address') ? readAddressed(ids, knex) : new Set<number>(),
  ]);
  const campaignOf = new Map(campaigns.map((campaign) => [campaign.id, campaign]));
  const tierOf = new Map(tiers.map((tier) => [`${tier.campaign_id}/${tier.patreon_id}`, tier]));
  return members.map((member) => ({
    member,
    campaign: campaignOf.get(member.campaign_id),
    email: member.email && (seesEmail ? member.email : maskedEmail(member.email)),
    tiers: member.currently_entitled_tiers.map((id) => ({ id, tier: tierOf.get(`${member.campaign_id}/${id}`) })),
    labels: labels.get(member.id) ?? [],
    followUp: followUps.get(member.id),
    hasAddress: addressed.has(member.id),
  }));
}

async function readLabels(ids: readonly number[], knex: Knex): Promise<Map<number, string[]>> {
  const rows = await knex('member_labels')
    .join('labels', 'labels.id', 'member_labels.label_id')
    .select<{ member_id: number; name: string }[]>('member_id', 'name')
    .whereRaw('member_id = any(?::bigint[])', [[...ids]])
    .orderBy('name');
  const found = new Map<number, string[]>();
  for (const { member_id, name } of rows) found.set(member_id, [...(found.get(member_id) ?? []), name]);
  return found;
}

async function readFollowUps(ids: readonly number[], knex: Knex): Promise<Map<number, FollowUp>> {
  const rows = await knex('member_follow_ups')
    .leftJoin('staff', 'staff.id', 'member_follow_ups.owner_id')
    .select<({ member_id: number } & FollowUp)[]>(
      'member_id',
      knex.raw('due_on::text as due_on'),
      'staff.name as owner',
    )
    .whereRaw('member_id = any(?::bigint[])', [[...ids]]);
  return new Map(rows.map(({ member_id, ...followUp }) => [member_id, followUp]));
}

async function readAddressed(ids: readonly number[], knex: Knex): Promise<Set<number>> {
  const rows = await knex('member_addresses')
    .select<{ member_id: number }[]>('member_id')
    .whereRaw('member_id = any(?::bigint[])', [[...ids]]);
  return new Set(rows.map((row) => row.member_id));
}
