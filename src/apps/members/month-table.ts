import type { Request } from 'express';
import { createFormat } from '../../http/format';
import { chargeStatusWord } from './member-attributes';
import { type Month, type MonthState, monthLedger, tallyMonths } from './month-ledger';
import type { PledgeEvent } from './pledge-event.model';

const MONTHS_SHOWN = 24;

export interface MonthTable {
  /** January to December, as a column's head and in full. */
  heads: { short: string; long: string }[];
  /** The latest year first; each of twelve cells, null where nothing is to be told. */
  years: { year: string; cells: (MonthCell | null)[] }[];
  /** The states that occur, in a fixed order. */
  legend: MonthState[];
  paid: number;
  streak: number;
  hasOlder: boolean;
}

export interface MonthCell {
  month: string;
  state: MonthState;
  isAhead: boolean;
  text: string;
}

export interface MonthRequest {
  events: readonly PledgeEvent[];
  cadence: number | null;
  /** Whether a charge is still to come. */
  isCharged: boolean;
  now: Date;
  showsAll: boolean;
}

const LEGEND: readonly MonthState[] = ['paid', 'pending', 'declined', 'refunded', 'free', 'other', 'nothing'];

/** The months of a membership for people to look at; undefined when no charge is known. */
export function monthTable(req: Request, request: MonthRequest): MonthTable | undefined {
  const months = monthLedger(request.events, request);
  if (months.length === 0) return undefined;
  const shown = request.showsAll ? months : months.slice(-MONTHS_SHOWN);
  const { short, long, full } = monthNames(req);
  const cells = new Map(shown.map((month) => [month.month, cellOf(req, month, full)]));
  const years = [...new Set(shown.map(({ month }) => month.slice(0, 4)))].reverse();
  const numbers = Array.from({ length: 12 }, (_, index) => index);
  return {
    heads: numbers.map((number) => ({ short: short(monthDate(number)), long: long(monthDate(number)) })),
    years: years.map((year) => ({
      year,
      cells: numbers.map((number) => cells.get(`${year}-${String(number + 1).padStart(2, '0')}`) ?? null),
    })),
    legend: LEGEND.filter((state) => shown.some((month) => month.state === state)),
    ...tallyMonths(months, request.isCharged),
    hasOlder: shown.length < months.length,
  };
}

function cellOf(req: Request, { month, state, charge, isAhead }: Month<PledgeEvent>, full: NameOf): MonthCell {
  const format = createFormat(req.locale);
  const word = req.t(`dossier:months.state.${isAhead ? 'ahead' : state}`, { date: format.date(charge?.date) });
  const status =
    state === 'other' || state === 'refunded' ? chargeStatusWord(req.t, charge?.payment_status ?? null) : '';
  const amount = charge?.amount_cents == null || isAhead ? '' : format.money(charge.amount_cents, charge.currency_code);
  const details = [status || word, amount].filter(Boolean).join(', ');
  return {
    month,
    state,
    isAhead,
    text: req.t('dossier:months.cell', { month: full(new Date(`${month}-01`)), details }),
  };
}

type NameOf = (date: Date) => string;

const names = new Map<string, Record<'short' | 'long' | 'full', NameOf>>();

function monthNames({ locale }: Request) {
  let known = names.get(locale);
  if (!known) {
    const inForm = (options: Intl.DateTimeFormatOptions): NameOf => {
      const format = new Intl.DateTimeFormat(locale === 'fr' ? 'fr-FR' : 'en-US', { ...options, timeZone: 'UTC' });
      return (date) => format.format(date);
    };
    known = {
      short: inForm({ month: 'narrow' }),
      long: inForm({ month: 'long' }),
      full: inForm({ month: 'long', year: 'numeric' }),
    };
    names.set(locale, known);
  }
  return known;
}

const monthDate = (number: number) => new Date(Date.UTC(2026, number, 1));
