import type { Request } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { createFormat } from '../../http/format';
import { mirroredAttributes } from '../../http/mirrored-attributes';
import { rowId } from '../../http/parse';
import { resolveSiteUrl } from '../../patreon/site-url';
import type { Permission } from '../../policy';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { maskedEmail } from './masked-email';
import { PatreonMember } from './member.model';
import { MemberAddress } from './member-address.model';
import {
  chargeStatusWord,
  eventTypeWord,
  linkedNetworks,
  memberAttributes,
  userAttributes,
  userOf,
} from './member-attributes';
import { memberAsOf, type PastDay, titledAsOf } from './member-past';
import { readTimeline } from './member-timeline';
import { explainKind } from './membership-kind';
import { PledgeEvent } from './pledge-event.model';

const MAX_EVENTS = 200;

/** A member of today and its campaign. @throws NotFoundError */
export async function findMember(req: Request, { knex }: Context) {
  const member = await PatreonMember.findById(rowId(req.params.id), knex);
  const campaign = member && (await PatreonCampaign.findById(member.campaign_id, knex));
  if (!member || !campaign) throw new NotFoundError();
  return { member, campaign };
}

export type FoundMember = Awaited<ReturnType<typeof findMember>>;

/** What stands around any page of one member. */
export function memberHead(req: Request, { member, campaign }: FoundMember, today: Date) {
  const title = member.full_name?.trim() || req.t('members:hidden');
  return {
    title,
    section: 'members',
    breadcrumbs: [
      ...campaignCrumbs(req, campaign),
      { label: req.t('members:title'), href: `/patreon/campaigns/${campaign.id}/members/` },
      { label: title },
    ],
    member,
    campaign,
    days: { first: member.first_seen_at.slice(0, 10), last: today.toISOString().slice(0, 10) },
  };
}

export interface DetailRequest {
  /** Shows the member as it was at the end of this day instead of now. */
  past?: PastDay | undefined;
  /** Where the page of the timeline begins. */
  before?: number | undefined;
}

/** What the page of one member shows to this reader. */
export async function readMemberDetail(
  req: Request,
  { knex, clock }: Context,
  { member: present, campaign }: FoundMember,
  { past, before }: DetailRequest = {},
) {
  const member = past ? await memberAsOf(present, past, knex) : present;
  const tiers = await PatreonTier.listByPatreonIds([campaign.id], member.currently_entitled_tiers, knex);
  const events = await PledgeEvent.listByMember(member.id, { limit: MAX_EVENTS + 1, until: past?.end }, knex);
  const now = clock.now();
  return {
    ...memberHead(req, { member, campaign }, now),
    asOf: past?.day ?? null,
    why: whyText(req, member, past ? new Date(Math.min(Date.parse(past.end) - 1, now.getTime())) : now),
    tiers: past ? await titledAsOf(tiers, campaign.id, past, knex) : tiers,
    events: events.slice(0, MAX_EVENTS),
    hasMoreEvents: events.length > MAX_EVENTS,
    ...attributesOf(req, member),
    hasAddress: !past && (await MemberAddress.findByMember(member.id, knex)) !== undefined,
    address: undefined,
    timeline: await readTimeline(req, { member, campaign, past, before }, knex),
    chargeWord: (status: string | null) => chargeStatusWord(req.t, status),
    eventWord: (type: string | null) => eventTypeWord(req.t, type),
  };
}

function attributesOf(req: Request, member: PatreonMember) {
  const words = { picture: '' };
  const can = (permission: Permission) => req.can(permission);
  return {
    attributes: mirroredAttributes(member, memberAttributes(can), words),
    userAttributes: member.user_patreon_id ? mirroredAttributes(userOf(member), userAttributes(can), words) : null,
    linkedNetworks: linkedNetworks(member),
    maskedEmail: member.email && maskedEmail(member.email),
    patreonHref: resolveSiteUrl(member.user_url),
  };
}

function whyText(req: Request, member: PatreonMember, now: Date): string {
  const why = explainKind(member, now);
  return req.t(why.key, { ...why.vars, until: createFormat(req.locale).date(why.accessUntil) });
}

export function campaignCrumbs(req: Request, campaign: PatreonCampaign) {
  return [
    { label: req.t('shared:nav.campaigns'), href: '/patreon/campaigns/' },
    { label: campaignName(campaign), href: `/patreon/campaigns/${campaign.id}/` },
  ];
}
