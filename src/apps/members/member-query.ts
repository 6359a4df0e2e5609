import type { Knex } from 'knex';
import type { KeysetPosition, KeysetSort } from '../../db/keyset';
import { ValidationError } from '../../errors';
import { parseListQuery } from '../../http/list-query';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { IgnoredCampaign } from '../campaigns/ignored-campaign.model';
import { canonicalQuery } from './filter-address';
import { conditionsOf, type MemberGroup, readGroups } from './filter-groups';
import { type MemberFilter, PatreonMember } from './member.model';
import { isMoneySort, type MemberColumn, readColumns } from './member-columns';
import type { MemberReader } from './member-reader';
import { type MemberScope, memberScope } from './members.schemas';

export { type MemberReader, memberReader } from './member-reader';

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
  scope: MemberScope;
  /** The campaign that the query names; undefined where the address does. */
  campaign: PatreonCampaign | undefined;
  /** The groups of conditions, at least one. */
  groups: MemberGroup[];
}

/** A query that the list does not take, with what could be read of it: its form is shown again. */
export class RefusedQueryError extends ValidationError {
  constructor(
    fields: Record<string, string>,
    readonly readable: Pick<MemberQuery, 'groups' | 'searchParams' | 'columns'>,
  ) {
    super(fields);
  }
}

/**
 * Reads a query of the list of members. With a campaign, the address already names it.
 * @throws RefusedQueryError with a catalogue key for each wrong parameter, and for what this reader may not ask
 */
export async function readMemberQuery(
  query: Record<string, unknown>,
  reader: MemberReader,
  knex: Knex,
  campaign?: PatreonCampaign,
): Promise<MemberQuery> {
  const asked = campaign ? { ...query, campaign: '' } : query;
  const errors: Record<string, string> = {};
  const list = noting(errors, () => parseListQuery(memberScope, PatreonMember.sorts, '-joined', asked));
  const groups = await readGroups(asked, { reader, knex, errors });
  const chosen = list?.filters.campaign ? await PatreonCampaign.findById(list.filters.campaign, knex) : undefined;
  if (list?.filters.campaign && !chosen) errors.campaign = 'list:problem.campaign';
  if (list && !reader.seesMoney && isMoneySort(list.sort)) errors.sort = 'members:list.moneySort';
  const columns = noting(errors, () => readColumns(query, reader, groups));
  const searchParams = canonicalQuery(asked);
  if (!list || !columns || Object.keys(errors).length > 0)
    throw new RefusedQueryError(errors, { groups, searchParams, columns: columns ?? [] });
  const { filters: scope, sort, order, position } = list;
  const filter = {
    ...(await scopeOf(scope, reader, knex)),
    campaignId: campaign?.id ?? chosen?.id,
    ...conditionsOf(groups),
  };
  return {
    filter,
    sort,
    order,
    position,
    columns,
    searchParams,
    scope,
    campaign: chosen,
    groups,
  };
}

function noting<T>(errors: Record<string, string>, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    Object.assign(errors, error.fields);
    return undefined;
  }
}

/** What an id looks like: without spaces, with a digit, and no shorter than any that Patreon or Discord give. */
const IDENTIFIER = /^(?=.*\d)[\w-]{5,64}$/;

async function scopeOf({ q, gone }: MemberScope, reader: MemberReader, knex: Knex) {
  const [identified, removedCampaigns] = await Promise.all([
    q && IDENTIFIER.test(q) ? PatreonMember.listIdentified(q, knex) : [],
    IgnoredCampaign.listBeingRemoved(knex),
  ]);
  return { q, gone, searchesEmail: reader.seesEmail, removedCampaigns, ...(identified.length > 0 && { identified }) };
}
