import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { ForbiddenError, NotFoundError, ValidationError } from '../../errors';
import { allow } from '../../http/allow';
import { parseForm, rowId } from '../../http/parse';
import { viewList } from '../../http/view-list';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { PatreonMember } from './member.model';
import { chargeStatusWord } from './member-attributes';
import { campaignCrumbs, findMember, memberHead, readMemberDetail } from './member-detail';
import { readMemberList } from './member-list';
import { knownSince, pastDay } from './member-past';
import { memberQuery } from './members.schemas';
import { revealRoutes } from './reveal.routes';

/** Members over all campaigns, of one campaign, and one by itself. */
export function membersRoutes(context: Context): Router {
  const router = Router();

  router.get('/patreon/members/', allow('members.read'), (req, res) => showList(req, res, context));

  router.get('/patreon/campaigns/:id/members/', allow('members.read'), async (req, res) => {
    const campaign = await PatreonCampaign.findById(rowId(req.params.id), context.knex);
    if (!campaign) throw new NotFoundError();
    await showList(req, res, context, campaign);
  });

  router.get('/patreon/members/:id/', allow('members.read'), (req, res) => showMember(req, res, context));

  router.use(revealRoutes(context));

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

/** A member now, or at the end of a past day. A day that cannot be shown is answered with why, and with nothing else. */
async function showMember(req: Request, res: Response, context: Context): Promise<void> {
  const found = await findMember(req, context);
  const now = context.clock.now();
  const head = { ...memberHead(req, found, now), asOf: null };
  try {
    const { as_of, before } = parseForm(memberQuery(now), req.query);
    const past = as_of === undefined ? undefined : pastDay(as_of);
    const since = past && (await knownSince(found.member, context.knex));
    if (past && since && Date.parse(past.end) <= Date.parse(since)) {
      res.view('members/no-day', { ...head, asOf: past.day, knownSince: since, parameterErrors: [] });
      return;
    }
    const detail = await readMemberDetail(req, context, found, { past, before });
    res.view('members/show', detail, { fragment: 'members/_timeline' });
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const parameterErrors = Object.values(error.fields);
    res.view('members/no-day', { ...head, knownSince: null, parameterErrors }, { status: 400 });
  }
}
