import type { Request } from 'express';
import type { Knex } from 'knex';
import type { KeysetPosition, KeysetSort } from '../../db/keyset';
import { ValidationError } from '../../errors';
import type { ListParameters } from '../../http/list-address';
import { parseListQuery } from '../../http/list-query';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { type MemberFilter, PatreonMember } from './member.model';
import { columnsFor, type MemberColumn } from './member-columns';
import { type MemberFilters, memberFilters } from './members.schemas';

/** Who asks, and so what may be looked for and sorted by. */
export interface MemberReader {
  seesEmail: boolean;
  seesMoney: boolean;
  staffId: number | null;
  /** What relative dates count from. */
  now: Date;
}

export function memberReader(req: Request, clock: { now(): Date }): MemberReader {
  return {
    seesEmail: req.can('members.email'),
    seesMoney: req.can('money.read'),
    staffId: req.staff?.id ?? null,
    now: clock.now(),
  };
}

/** A list's query, checked and looked up: the one way from an address to the members that it means. */
export interface MemberQuery {
  filter: MemberFilter;
  /** As in the address: `-joined`. */
  sort: string;
  order: KeysetSort;
  position: KeysetPosition;
  columns: MemberColumn[];
  /** The canonical query, without the place of a page. */
  searchParams: URLSearchParams;
  /** As given, for addresses of the list itself. */
  parameters: ListParameters;
  filters: MemberFilters;
  chosen: { campaign: PatreonCampaign | undefined; tier: PatreonTier | undefined };
}

/**
 * Reads a query of the list of members. With a campaign, the address already names it.
 * @throws ValidationError with a catalogue key for each wrong parameter, and for what this reader may not ask
 */
export async function readMemberQuery(
  query: Record<string, unknown>,
  reader: MemberReader,
  knex: Knex,
  campaign?: PatreonCampaign,
): Promise<MemberQuery> {
  const asked = campaign ? { ...query, campaign: '' } : query;
  const { filters, sort, order, position, parameters } = parseListQuery(
    memberFilters,
    PatreonMember.sorts,
    '-joined',
    asked,
  );
  if (!reader.seesMoney && isOfMoney(sort)) throw new ValidationError({ sort: 'members:list.moneySort' });
  const chosen = await findChosen(filters, knex);
  const filter = {
    ...filters,
    campaignId: campaign?.id ?? chosen.campaign?.id,
    tier: chosen.tier,
    searchesEmail: reader.seesEmail,
  };
  const columns = columnsFor(reader);
  return { filter, sort, order, position, columns, searchParams: canonical(parameters), parameters, filters, chosen };
}

const isOfMoney = (sort: string) => /^-?(amount|lifetime)$/.test(sort);

function canonical(parameters: ListParameters): URLSearchParams {
  const given = Object.entries(parameters).flatMap(([name, value]): [string, string][] =>
    value ? [[name, value]] : [],
  );
  return new URLSearchParams(given);
}

/** The rows behind the ids of a query; one that does not exist is a wrong parameter. */
async function findChosen(filters: MemberFilters, knex: Knex): Promise<MemberQuery['chosen']> {
  const campaign = filters.campaign ? await PatreonCampaign.findById(filters.campaign, knex) : undefined;
  const tier = filters.tier ? await PatreonTier.findById(filters.tier, knex) : undefined;
  const problems = {
    ...(filters.campaign && !campaign && { campaign: 'list:problem.campaign' }),
    ...(filters.tier && !tier && { tier: 'list:problem.tier' }),
  };
  if (Object.keys(problems).length > 0) throw new ValidationError(problems);
  return { campaign, tier };
}
