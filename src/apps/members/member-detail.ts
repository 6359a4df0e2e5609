import type { Request } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { createFormat } from '../../http/format';
import { listAddress } from '../../http/list-address';
import { mirroredAttributes } from '../../http/mirrored-attributes';
import { rowId } from '../../http/parse';
import { resolveSiteUrl } from '../../patreon/site-url';
import type { Permission } from '../../policy';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import type { DossierQuery } from './dossier.schemas';
import { readDossier } from './dossier.service';
import { maskedEmail } from './masked-email';
import { PatreonMember } from './member.model';
import { MemberAddress } from './member-address.model';
import {
  chargeStatusWord,
  eventTypeWord,
  linkedNetworks,
  memberAttributes,
  patronStatusWord,
  userAttributes,
  userOf,
} from './member-attributes';
import { type ListPlace, readListPlace } from './member-neighbours';
import { memberAsOf, type PastDay, titledAsOf } from './member-past';
import { memberReader } from './member-query';
import { readTimeline } from './member-timeline';
import { explainKind } from './membership-kind';
import { monthTable } from './month-table';
import type { NoteAuthor } from './note.service';
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
    timeZone: campaign.time_zone,
    days: { first: member.first_seen_at.slice(0, 10), last: today.toISOString().slice(0, 10) },
  };
}

export interface DetailRequest extends Partial<Omit<DossierQuery, 'as_of'>> {
  /** Shows the member as it was at the end of this day instead of now. */
  past?: PastDay | undefined;
}

/** What the page of one member shows to this reader. */
export async function readMemberDetail(
  req: Request,
  context: Context,
  { member: present, campaign }: FoundMember,
  asked: DetailRequest = {},
) {
  const { knex, clock } = context;
  const { past } = asked;
  const now = clock.now();
  const member = past ? await memberAsOf(present, past, knex) : present;
  const at = past ? new Date(Math.min(Date.parse(past.end) - 1, now.getTime())) : now;
  const [tiers, events, address, place] = await Promise.all([
    PatreonTier.listByPatreonIds([campaign.id], member.currently_entitled_tiers, knex),
    PledgeEvent.listByMember(member.id, { limit: MAX_EVENTS + 1, until: past?.end }, knex),
    past ? undefined : MemberAddress.findByMember(member.id, knex),
    asked.list === undefined ? undefined : readListPlace(member.id, asked.list, memberReader(req, clock), knex),
  ]);
  const kept = { list: place?.list, months: asked.months };
  return {
    ...memberHead(req, { member, campaign }, now),
    asOf: past?.day ?? null,
    why: whyText(req, member, campaign.time_zone, at),
    tiers: past ? await titledAsOf(tiers, campaign.id, past, knex) : tiers,
    events: events.slice(0, MAX_EVENTS),
    hasMoreEvents: events.length > MAX_EVENTS,
    ...attributesOf(req, member),
    hasAddress: address !== undefined,
    address: undefined,
    timeline: await readTimeline(req, { ...asked, member, campaign, kept }, knex),
    months: req.can('money.read') ? monthsOf(req, member, events, at, asked) : undefined,
    dossier: past ? null : await dossierOf(req, context, member.id),
    now: now.toISOString(),
    forms: {} as Record<string, unknown>,
    ...placeLocals(member.id, place, asked),
    chargeWord: (status: string | null) => chargeStatusWord(req.t, status),
    eventWord: (type: string | null) => eventTypeWord(req.t, type),
  };
}

/** Payments are money: whoever does not see that is told no months. */
function monthsOf(
  req: Request,
  { kind, pledge_cadence: cadence }: PatreonMember,
  events: PledgeEvent[],
  now: Date,
  { months }: DetailRequest,
) {
  const isCharged = kind === 'paying' || kind === 'pending';
  return monthTable(req, { events, cadence, isCharged, now, showsAll: months === 'all' });
}

function dossierOf(req: Request, { knex, clock }: Context, memberId: number) {
  const reader = authorOf(req);
  return readDossier(memberId, { reader, writes: req.can('members.annotate'), now: clock.now() }, knex);
}

/** Whoever writes: routes that need a permission have a signed-in person. */
export const authorOf = (req: Request): NoteAuthor => ({
  id: req.staff?.id ?? 0,
  changesAny: req.can('notes.moderate'),
});

function placeLocals(id: number, place: ListPlace | undefined, { past, months }: DetailRequest) {
  const here = (member: number) => listAddress(`/patreon/members/${member}/`, { list: place?.list });
  const neighbour = (member: number | null | undefined) => (member ? here(member)() : null);
  const address = listAddress(`/patreon/members/${id}/`, { list: place?.list, as_of: past?.day });
  return {
    place: place && { ...place, previous: neighbour(place.previous), next: neighbour(place.next) },
    /** This very page, for forms of others that lead back to it. */
    pageAddress: address(),
    monthsAddress: address({ months: months === 'all' ? undefined : 'all' }),
    showsAllMonths: months === 'all',
  };
}

function attributesOf(req: Request, member: PatreonMember) {
  const words = { picture: '' };
  const shown = {
    patron_status: (status: string) => patronStatusWord(req.t, status),
    last_charge_status: (status: string) => chargeStatusWord(req.t, status),
  };
  const can = (permission: Permission) => req.can(permission);
  return {
    attributes: mirroredAttributes(member, memberAttributes(can), { ...words, shown }),
    userAttributes: member.user_patreon_id ? mirroredAttributes(userOf(member), userAttributes(can), words) : null,
    linkedNetworks: linkedNetworks(member),
    maskedEmail: member.email && maskedEmail(member.email),
    patreonHref: resolveSiteUrl(member.user_url),
  };
}

function whyText(req: Request, member: PatreonMember, timeZone: string | null | undefined, now: Date): string {
  const why = explainKind(member, now);
  const status = patronStatusWord(req.t, why.vars.status);
  const charge = chargeStatusWord(req.t, why.vars.charge);
  const until = createFormat(req.locale, timeZone).date(why.accessUntil);
  return req.t(why.key, { ...why.vars, status, charge, until });
}

export function campaignCrumbs(req: Request, campaign: PatreonCampaign) {
  return [
    { label: req.t('shared:nav.campaigns'), href: '/patreon/campaigns/' },
    { label: campaignName(campaign), href: `/patreon/campaigns/${campaign.id}/` },
  ];
}
