import type { Request, Response } from 'express';
import type { Context } from '../../context';
import { encodeCursor } from '../../db/keyset';
import { ForbiddenError } from '../../errors';
import { formMessages } from '../../http/form-messages';
import { createFormat } from '../../http/format';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { IgnoredCampaign } from '../campaigns/ignored-campaign.model';
import { memberAddress } from './filter-address';
import { cadenceLabel, filterForm, isChosen, readFilterChoices } from './filter-form';
import { filterSentence } from './filter-sentence';
import { PatreonMember } from './member.model';
import { chargeStatusWord, patronStatusWord } from './member-attributes';
import { COLUMN_LABELS, COLUMN_SORTS, columnsFor, isMoneySort, namedColumns } from './member-columns';
import { campaignCrumbs } from './member-detail';
import { listMemberPage } from './member-page';
import { type MemberQuery, type MemberReader, memberReader, RefusedQueryError, readMemberQuery } from './member-query';
import { readMemberRows } from './member-row';
import { listQueryOf, readViewTabs } from './member-view-tabs';

/** Answers the list of members that a request asks for; with a campaign, of that one. */
export async function showMemberList(
  req: Request,
  res: Response,
  context: Context,
  campaign?: PatreonCampaign,
): Promise<void> {
  if (!req.can('money.read') && isMoneySort(String(req.query.sort))) {
    throw new ForbiddenError(req.t('members:list.moneySort'), 'money_hidden');
  }
  const campaignChoices = campaign ? [] : await PatreonCampaign.listChoices(context.knex);
  const locals = {
    title: req.t('members:title'),
    section: 'members',
    breadcrumbs: campaign && [...campaignCrumbs(req, campaign), { label: req.t('members:title') }],
    campaign,
    campaignName,
    campaignChoices,
    columnLabels: COLUMN_LABELS,
    columnSorts: COLUMN_SORTS,
    statusWord: (status: string | null) => patronStatusWord(req.t, status),
    chargeWord: (status: string | null) => chargeStatusWord(req.t, status),
    cadenceWord: (months: number) => cadenceLabel(months, req.t, req.locale),
    searchQuery: typeof req.query.q === 'string' ? req.query.q.slice(0, 100) : '',
    ...(await readViewTabs(req, context, listQueryOf(req.originalUrl.split('?')[1]))),
  };
  const campaigns = { campaign, campaignChoices };
  try {
    res.view('members/index', { ...locals, list: await readMemberList(req, context, campaigns) }, FRAGMENT);
  } catch (error) {
    if (!(error instanceof RefusedQueryError)) throw error;
    const list = await readRefusedList(req, context, campaigns, error);
    res.view('members/index', { ...locals, list }, { ...FRAGMENT, status: 400 });
  }
}

const FRAGMENT = { fragment: 'members/_table' };

interface Campaigns {
  campaign: PatreonCampaign | undefined;
  campaignChoices: readonly PatreonCampaign[];
}

/**
 * The list that a request asks for, as its reader may see it: without the permission for e-mails they are masked here
 * and not searched. @throws RefusedQueryError
 */
async function readMemberList(req: Request, { knex, clock }: Context, { campaign, campaignChoices }: Campaigns) {
  const reader = memberReader(req, clock);
  const query = await readMemberQuery(req.query, reader, knex, campaign);
  rememberColumns(req);
  const { filter, order, position, sort, columns, searchParams } = query;
  const [page, choices] = await Promise.all([
    listMemberPage({ filter, sort: order, position }, knex),
    readFilterChoices(choicesOf(req, query, { campaign, campaignChoices }), knex),
  ]);
  const address = memberAddress(req.path, searchParams);
  return {
    rows: await readMemberRows(page.rows, { columns, seesEmail: reader.seesEmail }, knex),
    total: page.total,
    sort,
    address,
    previous: page.previous && address({ before: encodeCursor(sort, page.previous) }),
    next: page.next && address({ after: encodeCursor(sort, page.next) }),
    isFiltered: [...searchParams.keys()].some((name) => name !== 'sort' && name !== 'columns'),
    columns,
    columnChoices: columnsFor(reader),
    searchParams,
    scope: query.scope,
    conditionCount: query.groups.flatMap(({ values }) => Object.values(values).filter(isChosen)).length,
    groups: filterForm(query.groups, choices, { t: req.t, locale: req.locale, reader }),
    sentence: filterSentence(query, sentenceWords(req, reader, query, campaign)),
    hasMembers: page.rows.length > 0 || (await PatreonMember.existsAny(knex)),
    hasIgnored: page.rows.length === 0 && (await IgnoredCampaign.list(knex, 1)).length > 0,
    refusal: null,
  };
}

type MemberList = Awaited<ReturnType<typeof readMemberList>>;

/** Nobody, with the form as it was sent: what is wrong stands at its field, or above where there is none. */
async function readRefusedList(
  req: Request,
  { knex, clock }: Context,
  { campaign, campaignChoices }: Campaigns,
  error: RefusedQueryError,
): Promise<Omit<MemberList, 'refusal'> & { refusal: { errors: Record<string, string>; unplaced: string[] } }> {
  const reader = memberReader(req, clock);
  const { groups: given, searchParams, columns } = error.readable;
  const errors = formMessages(req, error);
  const choices = await readFilterChoices(choicesOf(req, { campaign: undefined }, { campaign, campaignChoices }), knex);
  const groups = filterForm(given, choices, { t: req.t, locale: req.locale, reader, errors });
  const placed = new Set(['q', 'gone', ...(!campaign && campaignChoices.length > 1 ? ['campaign'] : [])]);
  for (const { checks, fields } of groups) for (const { name } of [...checks, ...fields]) placed.add(name);
  return {
    rows: [],
    total: { count: 0, capped: false },
    sort: '-joined',
    address: memberAddress(req.path, searchParams),
    previous: null,
    next: null,
    isFiltered: true,
    columns,
    columnChoices: columnsFor(reader),
    searchParams,
    scope: {
      q: searchParams.get('q') ?? undefined,
      gone: searchParams.get('gone') === '1',
      campaign: Number(searchParams.get('campaign')) || undefined,
    },
    conditionCount: 0,
    groups,
    sentence: [],
    hasMembers: true,
    hasIgnored: false,
    refusal: {
      errors,
      unplaced: Object.keys(errors).flatMap((name) => (placed.has(name) ? [] : [errors[name] ?? ''])),
    },
  };
}

function choicesOf(req: Request, query: Pick<MemberQuery, 'campaign'>, { campaign, campaignChoices }: Campaigns) {
  return {
    campaignId: campaign?.id ?? query.campaign?.id,
    campaigns: campaignChoices.map((choice) => ({ id: choice.id, name: campaignName(choice) })),
    t: req.t,
  };
}

/** How a filter is said to this reader. */
export function sentenceWords(req: Request, { now }: MemberReader, query: MemberQuery, campaign?: PatreonCampaign) {
  const currency = (campaign ?? query.campaign)?.currency ?? null;
  return { t: req.t, locale: req.locale, format: createFormat(req.locale), now, currency };
}

/** Columns chosen with the form stay chosen for this reader; those of a kept address do not. */
function rememberColumns(req: Request): void {
  const named = req.query.remember === '1' ? namedColumns(req.query) : undefined;
  if (named) req.session.memberColumns = named;
}
