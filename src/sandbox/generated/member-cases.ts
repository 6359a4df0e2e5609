import { mix } from './random';

/** The lines of the table of member states, each with what its people hold and owe. */
export type MemberCase =
  | 'paying_monthly'
  | 'paying_yearly'
  | 'custom_amount'
  | 'charge_pending'
  | 'declined'
  | 'cancelled_running'
  | 'cancelled_over'
  | 'refunded'
  | 'free'
  | 'gift'
  | 'free_trial'
  | 'not_yet_charged';

/** Positions in the campaign's list of tiers. */
export const TIER = { FREE: 0, FIRST: 1, SECOND: 2, LIMITED: 3, UNPUBLISHED: 4 } as const;

export interface MemberCard {
  memberCase: MemberCase;
  /** The tier they chose; null for a custom amount and for people who never pledged. */
  chosenTier: number | null;
  entitledTiers: readonly number[];
  /** For cases that end in more than one way. */
  lastChargeStatus?: string;
  isActive: boolean;
  /** Blocked, removed or masked: Patreon shows no name, e-mail or user. */
  isHidden?: boolean;
}

type Row = [
  count: number,
  memberCase: MemberCase,
  chosen: number | null,
  entitled: number[],
  more?: Partial<MemberCard>,
];

const { FREE, FIRST, SECOND, LIMITED, UNPUBLISHED } = TIER;
const ENDED = { isActive: false };

const ROWS: Row[] = [
  [42, 'paying_monthly', FIRST, [FIRST]],
  [23, 'paying_monthly', SECOND, [SECOND]],
  [7, 'paying_monthly', LIMITED, [LIMITED]],
  [4, 'paying_monthly', UNPUBLISHED, [UNPUBLISHED]],
  [2, 'paying_monthly', SECOND, [SECOND, FIRST]],
  [1, 'paying_monthly', FIRST, [FIRST], { isHidden: true }],
  [4, 'paying_yearly', FIRST, [FIRST]],
  [6, 'paying_yearly', SECOND, [SECOND]],
  [2, 'paying_yearly', LIMITED, [LIMITED]],
  [5, 'custom_amount', null, []],
  [2, 'charge_pending', FIRST, [FREE]],
  [2, 'charge_pending', SECOND, []],
  [4, 'declined', FIRST, [], ENDED],
  [3, 'declined', SECOND, [SECOND], ENDED],
  [4, 'cancelled_running', FIRST, [FIRST], ENDED],
  [2, 'cancelled_running', SECOND, [SECOND], ENDED],
  [18, 'cancelled_over', FIRST, [], { ...ENDED, lastChargeStatus: 'Paid' }],
  [10, 'cancelled_over', SECOND, [], { ...ENDED, lastChargeStatus: 'Deleted' }],
  [1, 'refunded', FIRST, [], ENDED],
  [1, 'refunded', FIRST, [], { ...ENDED, isHidden: true }],
  [36, 'free', null, [FREE], ENDED],
  [12, 'free', null, [], ENDED],
  [2, 'gift', null, [FIRST]],
  [1, 'gift', null, [SECOND], ENDED],
  [2, 'free_trial', FIRST, [FIRST, FREE]],
  [1, 'free_trial', SECOND, [SECOND, FREE], { lastChargeStatus: 'Free Trial' }],
  [3, 'not_yet_charged', FIRST, [FIRST]],
];

/** Coprime to the deck's size, so that a stride visits every card once. */
const STRIDES = [37, 41, 43, 47, 53, 59, 61, 67, 71, 73];

const deal = (rows: Row[]): MemberCard[] =>
  rows.flatMap(([count, memberCase, chosenTier, entitledTiers, more]) =>
    Array.from({ length: count }, () => ({ memberCase, chosenTier, entitledTiers, isActive: true, ...more })),
  );

/** In a per-creation campaign more patrons wait for their first charge, because nothing is charged between creations. */
const perCreation = (rows: Row[]): Row[] =>
  rows.map((row, position) => {
    if (position === 0) return [row[0] - 20, ...row.slice(1)] as Row;
    return row[1] === 'not_yet_charged' ? ([row[0] + 20, ...row.slice(1)] as Row) : row;
  });

/**
 * Deals one card to every member: each run of 200 members holds every case in the same realistic proportions,
 * in another order, so that both a single card and the totals of a million members can be told at once.
 */
export class MemberDeck {
  private readonly cards: readonly MemberCard[];

  constructor(
    private readonly seed: number,
    isMonthly: boolean,
  ) {
    this.cards = deal(isMonthly ? ROWS : perCreation(ROWS));
  }

  card(index: number): MemberCard {
    const size = this.cards.length;
    const round = Math.floor(index / size);
    const stride = STRIDES[mix(this.seed, round, 1) % STRIDES.length] ?? 1;
    const position = ((index % size) * stride + mix(this.seed, round, 2)) % size;
    const card = this.cards[position];
    if (card === undefined) throw new Error(`No card for member ${index}.`);
    return card;
  }

  /** How many of the first `members` members fulfil the condition. */
  count(members: number, fulfils: (card: MemberCard) => boolean): number {
    const size = this.cards.length;
    const rounds = Math.floor(members / size);
    let count = rounds * this.cards.filter(fulfils).length;
    for (let index = rounds * size; index < members; index += 1) if (fulfils(this.card(index))) count += 1;
    return count;
  }
}
