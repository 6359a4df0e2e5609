import type { Permission } from '../../policy';
import type { PatreonMember } from './member.model';
import type { Address } from './member-addresses.service';

export type Cell = string | number | boolean | string[] | null;

/** What stands beside a member in other tables, read for a whole batch of rows at a time. */
export const RELATED = ['campaign', 'tiers', 'labels', 'fields', 'followUp', 'hasAddress', 'address'] as const;
export type RelatedName = (typeof RELATED)[number];

/** One row of a file before it is cut into columns. */
export interface ExportSubject {
  member: PatreonMember;
  campaign: { name: string; currency: string | null } | undefined;
  /** Titles, in the order of the ids; an id stands for a tier that nobody has a title for. */
  tiers: string[];
  labels: string[];
  /** By the id of the field. */
  fields: ReadonlyMap<number, string>;
  followUp: { owner: string | null; due_on: string | null; task: string } | undefined;
  hasAddress: boolean;
  address: Address | undefined;
}

/** What can be chosen for a file; one choice may fill several columns of it. */
export interface ExportColumn {
  name: string;
  /** Names of the columns in the file: Patreon's own where they are Patreon's. */
  heads: readonly string[];
  permission?: Permission;
  /** Columns of `patreon_members` that it is made from. */
  sources: readonly (keyof PatreonMember & string)[];
  needs: readonly RelatedName[];
  read(subject: ExportSubject): Cell[];
}

type PlainName = {
  [K in keyof PatreonMember]: PatreonMember[K] extends string | number | boolean | string[] | null ? K : never;
}[keyof PatreonMember] &
  string;

const plain = (name: PlainName, permission?: Permission): ExportColumn => ({
  name,
  heads: [name],
  permission,
  sources: [name],
  needs: [],
  read: ({ member }) => [member[name] as Cell],
});

/** Minor units as Patreon sends them, and the same as a decimal number; the currency is a column of its own. */
const money = (name: PlainName & `${string}_cents`): ExportColumn => ({
  ...plain(name, 'money.read'),
  heads: [name, name.replace(/_cents$/, '')],
  needs: ['campaign'],
  read: ({ member }) => [member[name], decimal(member[name] as number | null)],
});

const decimal = (cents: number | null) => (cents === null ? null : (cents / 100).toFixed(2));

const CURRENCY: ExportColumn = {
  name: 'currency',
  heads: ['currency'],
  permission: 'money.read',
  sources: [],
  needs: ['campaign'],
  read: ({ campaign }) => [campaign?.currency ?? null],
};

const ADDRESS_LINES = [
  'addressee',
  'line_1',
  'line_2',
  'postal_code',
  'city',
  'state',
  'country',
  'phone_number',
] as const satisfies (keyof Address)[];

const related = (
  name: string,
  needs: RelatedName,
  heads: readonly string[],
  read: ExportColumn['read'],
  sources: ExportColumn['sources'] = [],
): ExportColumn => ({ name, heads, sources, needs: [needs], read });

/** Everything that can be taken but custom fields, in the order of the file. */
const COLUMNS: readonly ExportColumn[] = [
  plain('id'),
  plain('patreon_id'),
  related('campaign', 'campaign', ['campaign'], ({ campaign }) => [campaign?.name ?? null]),
  plain('full_name'),
  plain('email', 'members.email'),
  plain('kind'),
  plain('patron_status'),
  related('tiers', 'tiers', ['tiers'], ({ tiers }) => [tiers], ['currently_entitled_tiers']),
  plain('currently_entitled_tiers'),
  money('monthly_cents'),
  money('currently_entitled_amount_cents'),
  money('will_pay_amount_cents'),
  money('campaign_lifetime_support_cents'),
  money('lifetime_support_cents'),
  plain('pledge_cadence'),
  plain('pledge_relationship_start'),
  plain('last_charge_date'),
  plain('last_charge_status'),
  plain('next_charge_date'),
  plain('is_gifted'),
  plain('is_free_trial'),
  plain('is_follower'),
  plain('discord_user_id'),
  plain('user_patreon_id'),
  plain('user_url'),
  plain('note'),
  related('labels', 'labels', ['labels'], ({ labels }) => [labels]),
  related('follow_up', 'followUp', ['follow_up_owner', 'follow_up_due_on', 'follow_up_task'], ({ followUp }) => [
    followUp?.owner ?? null,
    followUp?.due_on ?? null,
    followUp?.task ?? null,
  ]),
  related('has_address', 'hasAddress', ['has_address'], ({ hasAddress }) => [hasAddress]),
  plain('first_seen_at'),
  plain('changed_at'),
  plain('gone_at'),
  {
    name: 'address',
    heads: ADDRESS_LINES.map((line) => `address_${line}`),
    permission: 'members.address',
    sources: [],
    needs: ['address'],
    read: ({ address }) => ADDRESS_LINES.map((line) => address?.[line] ?? null),
  },
];

/** The columns of a file that stand for one of the list; a column that has no name here has its own. */
const OF_LIST: Partial<Record<string, readonly string[]>> = {
  name: ['full_name', 'email'],
  monthly: ['monthly_cents'],
  lifetime: ['campaign_lifetime_support_cents'],
  last_charge: ['last_charge_date', 'last_charge_status'],
  next_charge: ['next_charge_date'],
  joined: ['pledge_relationship_start'],
  status: ['patron_status'],
  cadence: ['pledge_cadence'],
  discord: ['discord_user_id'],
  changed: ['changed_at'],
  address: ['has_address'],
};

/** Everything that this reader may take. `fields` are the custom fields that staff have made. */
export function exportColumns(
  can: (permission: Permission) => boolean,
  fields: readonly { id: number; name: string }[],
): ExportColumn[] {
  const custom = fields.map(({ id, name }) =>
    related(`field_${id}`, 'fields', [`field: ${name}`], ({ fields: values }) => [values.get(id) ?? null]),
  );
  const allowed = COLUMNS.filter(({ permission }) => permission === undefined || can(permission));
  const isAddress = ({ name }: ExportColumn) => name === 'address';
  return [...allowed.filter((column) => !isAddress(column)), ...custom, ...allowed.filter(isAddress)];
}

/** The names of the columns that show in a file what a list with these columns shows; never an address. */
export function chosenByList(listColumns: readonly string[], offered: readonly ExportColumn[]): string[] {
  const shown = new Set(['patreon_id', ...listColumns.flatMap((column) => OF_LIST[column] ?? [column])]);
  return offered.map(({ name }) => name).filter((name) => name !== 'address' && shown.has(name));
}

/** The columns of a file in its order: amounts say in which currency they are. */
export function fileColumns(chosen: readonly ExportColumn[]): ExportColumn[] {
  const last = chosen.findLastIndex(({ permission }) => permission === 'money.read');
  return last === -1 ? [...chosen] : chosen.toSpliced(last + 1, 0, CURRENCY);
}
