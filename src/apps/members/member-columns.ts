import { ValidationError } from '../../errors';
import type { MemberGroup } from './filter-groups';
import type { ConditionName } from './members.schemas';

/** What the list of members can show of a member, in the order of the table. The name always stands first. */
export const MEMBER_COLUMNS = [
  'name',
  'kind',
  'status',
  'tiers',
  'monthly',
  'lifetime',
  'last_charge',
  'next_charge',
  'cadence',
  'joined',
  'labels',
  'follow_up',
  'discord',
  'address',
  'changed',
  'campaign',
] as const;

export type MemberColumn = (typeof MEMBER_COLUMNS)[number];

/** The catalogue's keys of their heads. */
export const COLUMN_LABELS: Readonly<Record<MemberColumn, string>> = {
  name: 'members:list.person',
  kind: 'members:list.kind',
  status: 'members:list.status',
  tiers: 'members:list.tiers',
  monthly: 'members:list.monthly',
  lifetime: 'members:list.lifetime',
  last_charge: 'members:list.lastCharge',
  next_charge: 'members:list.nextCharge',
  cadence: 'filters:columns.cadence',
  joined: 'members:list.joined',
  labels: 'filters:columns.labels',
  follow_up: 'filters:columns.follow_up',
  discord: 'filters:columns.discord',
  address: 'filters:columns.address',
  changed: 'filters:columns.changed',
  campaign: 'members:list.campaign',
};

/** What `sort` calls the columns that an index sorts by. */
export const COLUMN_SORTS: Partial<Record<MemberColumn, string>> = {
  name: 'name',
  monthly: 'monthly',
  lifetime: 'lifetime',
  last_charge: 'last_charge',
  next_charge: 'next_charge',
  joined: 'joined',
  changed: 'changed',
};

/** Whether a `sort` puts members in the order of their money, which not everybody may see. */
export const isMoneySort = (sort: string) => /^-?(amount|monthly|lifetime)$/.test(sort);

/** Shown to those who chose nothing else. */
const USUAL: readonly MemberColumn[] = [
  'name',
  'kind',
  'tiers',
  'monthly',
  'lifetime',
  'last_charge',
  'next_charge',
  'joined',
  'campaign',
];

/** Stands for the usual ones in an address. */
export const USUAL_WORD = 'usual';

interface Seeing {
  seesMoney: boolean;
  seesAddress?: boolean | undefined;
  seesFollowUps?: boolean | undefined;
}

/** The columns that a reader may choose from. */
export function columnsFor({ seesMoney, seesAddress, seesFollowUps }: Seeing): MemberColumn[] {
  const hidden = new Set<MemberColumn>([
    ...(seesMoney ? [] : (['monthly', 'lifetime'] as const)),
    ...(seesAddress ? [] : (['address'] as const)),
    ...(seesFollowUps ? [] : (['follow_up'] as const)),
  ]);
  return MEMBER_COLUMNS.filter((column) => !hidden.has(column));
}

const OF_CONDITION: Partial<Record<ConditionName, MemberColumn>> = {
  kind: 'kind',
  status: 'status',
  tier: 'tiers',
  amount_min: 'monthly',
  amount_max: 'monthly',
  lifetime_min: 'lifetime',
  lifetime_max: 'lifetime',
  joined_from: 'joined',
  joined_to: 'joined',
  last_charge_from: 'last_charge',
  last_charge_to: 'last_charge',
  charge: 'last_charge',
  next_charge_from: 'next_charge',
  next_charge_to: 'next_charge',
  cadence: 'cadence',
  address: 'address',
  discord: 'discord',
  label: 'labels',
  label_not: 'labels',
  changed_from: 'changed',
  changed_to: 'changed',
  follow_up: 'follow_up',
};

/** The columns that a query's `columns` names, if it does: repeated or with commas. @throws ValidationError */
export function namedColumns(query: Record<string, unknown>): MemberColumn[] | undefined {
  const names = [query.columns].flat().flatMap((text) => (typeof text === 'string' ? text.split(',') : []));
  const given = names.filter((name) => name !== '');
  if (given.length === 0) return undefined;
  if (given.includes(USUAL_WORD)) return [...USUAL];
  const isKnown = given.every((name) => (MEMBER_COLUMNS as readonly string[]).includes(name));
  if (!isKnown) throw new ValidationError({ columns: 'filters:problem.columns' });
  return MEMBER_COLUMNS.filter((column) => column === 'name' || given.includes(column));
}

/** What a list shows: the columns of its address, else the reader's own, and always those that it is filtered or sorted by. */
export function readColumns(
  query: Record<string, unknown>,
  reader: Seeing & { columns?: readonly string[] | undefined },
  groups: readonly MemberGroup[],
): MemberColumn[] {
  const chosen = namedColumns(query) ?? reader.columns ?? USUAL;
  const filtered = groups.flatMap(({ values }) =>
    Object.entries(OF_CONDITION).flatMap(([name, column]) => (hasValue(values[name as ConditionName]) ? [column] : [])),
  );
  const wanted = new Set<string>(['name', ...chosen, ...filtered]);
  return columnsFor(reader).filter((column) => wanted.has(column));
}

const hasValue = (value: unknown) => (Array.isArray(value) ? value.length > 0 : value !== undefined);
