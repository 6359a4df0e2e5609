import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { ForbiddenError, NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { createFormat } from '../../http/format';
import { mirroredAttributes } from '../../http/mirrored-attributes';
import { rowId } from '../../http/parse';
import { viewList } from '../../http/view-list';
import { resolveSiteUrl } from '../../patreon/site-url';
import type { Permission } from '../../policy';
import { actorOf } from '../accounts/audit.service';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { maskedEmail } from './masked-email';
import { PatreonMember } from './member.model';
import { MemberAddress } from './member-address.model';
import { type Address, revealAddress } from './member-addresses.service';
import {
  ADDRESS_ATTRIBUTES,
  chargeStatusWord,
  eventTypeWord,
  linkedNetworks,
  memberAttributes,
  userAttributes,
  userOf,
} from './member-attributes';
import { readMemberList } from './member-list';
import { explainKind } from './membership-kind';
import { PledgeEvent } from './pledge-event.model';

const MAX_EVENTS = 200;

/** Members over all campaigns, of one campaign, and one by itself. */
export function membersRoutes(context: Context): Router {
  const router = Router();

  router.get('/patreon/members/', allow('members.read'), (req, res) => showList(req, res, context));

  router.get('/patreon/campaigns/:id/members/', allow('members.read'), async (req, res) => {
    const campaign = await PatreonCampaign.findById(rowId(req.params.id), context.knex);
    if (!campaign) throw new NotFoundError();
    await showList(req, res, context, campaign);
  });

  router.get('/patreon/members/:id/', allow('members.read'), async (req, res) => {
    res.view('members/show', await memberPage(req, context));
  });

  router.post('/patreon/members/:id/address/', allow('members.address'), async (req, res) => {
    const page = await memberPage(req, context);
    const address = await revealAddress(context, page.member.id, actorOf(req));
    const locals = { ...page, address: address && addressAttributes(address) };
    res.view('members/show', locals, { fragment: 'members/_address' });
  });

  return router;
}

async function showList(req: Request, res: Response, context: Context, campaign?: PatreonCampaign): Promise<void> {
  const { knex } = context;
  if (!req.can('money.read') && /^-?(amount|lifetime)$/.test(String(req.query.sort))) {
    throw new ForbiddenError(req.t('members:list.moneySort'), 'money_hidden');
  }
  const [campaignChoices, tierChoices, statusChoices] = await Promise.all([
    campaign ? [] : PatreonCampaign.listChoices(knex),
    PatreonTier.listChoices(campaign?.id, knex),
    PatreonMember.listStatuses(knex),
  ]);
  const locals = {
    title: req.t('members:title'),
    section: 'members',
    breadcrumbs: campaign && [...campaignCrumbs(req, campaign), { label: req.t('members:title') }],
    campaign,
    campaignName,
    campaignChoices,
    tierChoices,
    statusChoices,
    chargeWord: (status: string | null) => chargeStatusWord(req.t, status),
    searchQuery: typeof req.query.q === 'string' ? req.query.q.slice(0, 100) : '',
  };
  await viewList(res, 'members', locals, () => readMemberList(req, context, campaign));
}

/** What the page of one member shows to this reader. @throws NotFoundError */
async function memberPage(req: Request, { knex, clock }: Context) {
  const member = await PatreonMember.findById(rowId(req.params.id), knex);
  const campaign = member && (await PatreonCampaign.findById(member.campaign_id, knex));
  if (!member || !campaign) throw new NotFoundError();
  const title = member.full_name?.trim() || req.t('members:hidden');
  const why = explainKind(member, clock.now());
  const events = await PledgeEvent.listByMember(member.id, MAX_EVENTS + 1, knex);
  const words = { picture: '' };
  const can = (permission: Permission) => req.can(permission);
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
    why: req.t(why.key, { ...why.vars, until: createFormat(req.locale).date(why.accessUntil) }),
    tiers: await PatreonTier.listByPatreonIds([campaign.id], member.currently_entitled_tiers, knex),
    events: events.slice(0, MAX_EVENTS),
    hasMoreEvents: events.length > MAX_EVENTS,
    attributes: mirroredAttributes(member, memberAttributes(can), words),
    userAttributes: member.user_patreon_id ? mirroredAttributes(userOf(member), userAttributes(can), words) : null,
    linkedNetworks: linkedNetworks(member),
    maskedEmail: member.email && maskedEmail(member.email),
    patreonHref: resolveSiteUrl(member.user_url),
    hasAddress: (await MemberAddress.findByMember(member.id, knex)) !== undefined,
    address: undefined,
    chargeWord: (status: string | null) => chargeStatusWord(req.t, status),
    eventWord: (type: string | null) => eventTypeWord(req.t, type),
  };
}

function addressAttributes(address: Address) {
  return mirroredAttributes(address, ADDRESS_ATTRIBUTES, { picture: '' });
}

function campaignCrumbs(req: Request, campaign: PatreonCampaign) {
  return [
    { label: req.t('shared:nav.campaigns'), href: '/patreon/campaigns/' },
    { label: campaignName(campaign), href: `/patreon/campaigns/${campaign.id}/` },
  ];
}
