/** What the list of members can show of a member, in the order of the table. The name always stands first. */
export const MEMBER_COLUMNS = [
  'name',
  'kind',
  'tiers',
  'monthly',
  'lifetime',
  'last_charge',
  'next_charge',
  'joined',
  'campaign',
] as const;

export type MemberColumn = (typeof MEMBER_COLUMNS)[number];

const OF_MONEY: ReadonlySet<MemberColumn> = new Set(['monthly', 'lifetime']);

/** The columns that a reader may see. */
export function columnsFor(reader: { seesMoney: boolean }): MemberColumn[] {
  return MEMBER_COLUMNS.filter((column) => reader.seesMoney || !OF_MONEY.has(column));
}
