/** What became of a month: the best outcome of its charges, since a declined charge is tried again. */
export type MonthState = 'paid' | 'pending' | 'refunded' | 'declined' | 'other' | 'free' | 'nothing';

/** Best first. */
const STATES: readonly MonthState[] = ['paid', 'pending', 'refunded', 'declined', 'other', 'free', 'nothing'];

/** The attributes of a pledge event that decide; column names of `pledge_events`. */
export interface Charge {
  type: string | null;
  date: string | null;
  amount_cents: number | null;
  currency_code: string | null;
  payment_status: string | null;
  pledge_payment_status: string | null;
}

export interface Month<C extends Charge = Charge> {
  /** `2026-11`, in UTC. */
  month: string;
  state: MonthState;
  /** The charge that decided; of a month paid ahead the one that paid for it. */
  charge: C | null;
  isAhead: boolean;
}

export interface LedgerRequest {
  /** Months between charges, as the membership is now. */
  cadence: number | null;
  /** The last month is the one of this moment. */
  now: Date;
}

/** Further back nobody looks, and a wrong date must not make a page of thousands of months. */
const MAX_MONTHS = 240;
const MAX_CADENCE = 24;

/**
 * One entry for each month since the first charge, oldest first. Only starts and periodic charges count as charges: the
 * status on a cancellation or a change of tier is that of an earlier one. Patreon tells today's cadence and not that of
 * an old charge, so a paid charge pays for more than its own month only if it is the newest one, or if the next came
 * about a cadence later.
 */
export function monthLedger<C extends Charge>(events: readonly C[], { cadence, now }: LedgerRequest): Month<C>[] {
  const last = monthNumber(now.toISOString());
  const charges = events
    .flatMap((charge) => toCharge(charge) ?? [])
    .filter(({ month }) => month <= last)
    .sort((a, b) => a.at - b.at);
  const [first] = charges;
  if (!first) return [];
  const start = Math.max(first.month, last - MAX_MONTHS + 1);
  const months = Array.from({ length: last - start + 1 }, (_, index): Month<C> => emptyMonth(start + index));
  for (const { month, state, charge } of charges) settle(months[month - start], state, charge);
  for (const ahead of paidAhead(charges, Math.min(cadence ?? 1, MAX_CADENCE))) {
    const month = months[ahead.month - start];
    if (month?.state === 'nothing') Object.assign(month, { state: 'paid', charge: ahead.charge, isAhead: true });
  }
  return months;
}

/**
 * How many months were paid, and how many of them without a gap up to now. The month under way breaks nothing while a
 * charge is still to come (`isCharged`): it counts once it is paid.
 */
export function tallyMonths(months: readonly Month[], isCharged: boolean): { paid: number; streak: number } {
  const states = months.map(({ state }) => state);
  const current = states.at(-1);
  const isOpen = isCharged && (current === 'nothing' || current === 'pending');
  const ended = isOpen ? states.slice(0, -1) : states;
  const gap = ended.findLastIndex((state) => state !== 'paid');
  return { paid: states.filter((state) => state === 'paid').length, streak: ended.length - 1 - gap };
}

interface DatedCharge<C> {
  at: number;
  /** Months since year 0. */
  month: number;
  state: MonthState;
  charge: C;
}

function toCharge<C extends Charge>(charge: C): DatedCharge<C> | undefined {
  const at = Date.parse(charge.date ?? '');
  const state = stateOf(charge);
  if (Number.isNaN(at) || state === 'nothing') return undefined;
  return { at, month: monthNumber(new Date(at).toISOString()), state, charge };
}

function stateOf(charge: Charge): MonthState {
  if (charge.type !== 'pledge_start' && charge.type !== 'subscription') return 'nothing';
  switch (charge.payment_status) {
    case 'Paid':
      return charge.amount_cents === 0 ? 'free' : 'paid';
    case 'Free Trial':
      return 'free';
    case 'Pending':
      return 'pending';
    case 'Declined':
      return 'declined';
    case 'Refunded':
    case 'Refunded by Patreon':
    case 'Partially Refunded':
      return 'refunded';
    case null:
      return /^(queued|pending)$/.test(charge.pledge_payment_status ?? '') ? 'pending' : 'nothing';
    default:
      return 'other';
  }
}

function settle<C extends Charge>(month: Month<C> | undefined, state: MonthState, charge: C): void {
  if (month && STATES.indexOf(state) <= STATES.indexOf(month.state)) Object.assign(month, { state, charge });
}

function paidAhead<C>(charges: readonly DatedCharge<C>[], cadence: number): { month: number; charge: C }[] {
  return charges.flatMap(({ month, state, charge }, index) => {
    const next = charges.slice(index + 1).find((later) => later.month > month);
    const isOfCadence = next === undefined || Math.abs(next.month - month - cadence) <= 1;
    if (state !== 'paid' || !isOfCadence) return [];
    return Array.from({ length: Math.max(0, cadence - 1) }, (_, ahead) => ({ month: month + ahead + 1, charge }));
  });
}

/** From the ISO form, because it is in UTC; years of more than four digits carry a sign. */
function monthNumber(iso: string): number {
  const [, year = '0', month = '1'] = /^([+-]?\d+)-(\d\d)/.exec(iso) ?? [];
  return Number(year) * 12 + Number(month) - 1;
}

function emptyMonth<C extends Charge>(number: number): Month<C> {
  const [year, month] = [Math.floor(number / 12), (number % 12) + 1];
  return {
    month: `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`,
    state: 'nothing',
    charge: null,
    isAhead: false,
  };
}
