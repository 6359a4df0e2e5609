import { type Charge, monthLedger, tallyMonths } from '../../src/apps/members/month-ledger';

const NOW = new Date('2026-11-20T12:00:00Z');

const charge = (date: string | null, values: Partial<Charge> = {}): Charge => ({
  type: 'subscription',
  date,
  amount_cents: 500,
  currency_code: 'USD',
  payment_status: 'Paid',
  pledge_payment_status: 'valid',
  ...values,
});

const ledger = (events: Charge[], cadence: number | null = 1, now = NOW) => monthLedger(events, { cadence, now });
const states = (events: Charge[], cadence: number | null = 1) =>
  ledger(events, cadence).map(({ month, state, isAhead }) => `${month} ${state}${isAhead ? ' ahead' : ''}`);

describe('the months of a membership', () => {
  it('begin with the first charge and end with the month under way, in UTC', () => {
    expect(states([charge('2026-09-30T23:59:59.999999+00:00'), charge('2026-09-01T00:30:00+02:00')])).toEqual([
      '2026-08 paid',
      '2026-09 paid',
      '2026-10 nothing',
      '2026-11 nothing',
    ]);
  });

  it('are none without a charge that counts', () => {
    const none = [
      charge(null),
      charge('not a date'),
      charge('2026-12-01T00:00:00Z'),
      charge('2026-10-01T00:00:00Z', { type: 'pledge_delete' }),
      charge('2026-10-01T00:00:00Z', { type: 'pledge_upgrade' }),
      charge('2026-10-01T00:00:00Z', { type: null }),
      charge('2026-10-01T00:00:00Z', { payment_status: null, pledge_payment_status: null }),
    ];
    expect(ledger(none)).toEqual([]);
    expect(tallyMonths([], true)).toEqual({ paid: 0, streak: 0 });
  });

  it.each([
    ['Paid', 'paid'],
    ['Pending', 'pending'],
    ['Declined', 'declined'],
    ['Refunded', 'refunded'],
    ['Refunded by Patreon', 'refunded'],
    ['Partially Refunded', 'refunded'],
    ['Free Trial', 'free'],
    ['Deleted', 'other'],
    ['Fraud', 'other'],
    ['Other', 'other'],
    ['a word of tomorrow', 'other'],
  ])('call a charge that is %s %s', (payment_status, state) => {
    expect(ledger([charge('2026-11-01T00:00:00Z', { payment_status })])[0]?.state).toBe(state);
  });

  it('call a start that waits for its charge pending, and nothing paid for free', () => {
    const queued = { type: 'pledge_start', payment_status: null, pledge_payment_status: 'queued' };
    expect(ledger([charge('2026-11-01T00:00:00Z', queued)])[0]?.state).toBe('pending');
    expect(ledger([charge('2026-11-01T00:00:00Z', { amount_cents: 0 })])[0]?.state).toBe('free');
    expect(ledger([charge('2026-11-01T00:00:00Z', { amount_cents: null })])[0]?.state).toBe('paid');
  });

  it('take the best outcome of a month, whatever the order', () => {
    const declined = charge('2026-11-01T00:00:00Z', { payment_status: 'Declined' });
    const paid = charge('2026-11-03T00:00:00Z');
    expect(ledger([paid, declined])[0]).toMatchObject({ state: 'paid', charge: paid });
    expect(ledger([declined, charge('2026-11-03T00:00:00Z', { payment_status: 'Pending' })])[0]?.state).toBe('pending');
  });

  it('are paid ahead by a charge for a year', () => {
    const year = states([charge('2025-09-11T00:00:00Z'), charge('2026-09-11T00:00:00Z')], 12);
    expect(year).toHaveLength(15);
    expect(year.slice(0, 2)).toEqual(['2025-09 paid', '2025-10 paid ahead']);
    expect(year.slice(-4)).toEqual(['2026-08 paid ahead', '2026-09 paid', '2026-10 paid ahead', '2026-11 paid ahead']);
  });

  it('are not paid ahead by monthly charges of a membership that is yearly since, nor by a refunded year', () => {
    const changed = [charge('2026-01-01T00:00:00Z'), charge('2026-05-01T00:00:00Z'), charge('2026-10-01T00:00:00Z')];
    expect(states(changed, 12).filter((state) => state.endsWith('paid') || state.endsWith('ahead'))).toEqual([
      '2026-01 paid',
      '2026-05 paid',
      '2026-10 paid',
      '2026-11 paid ahead',
    ]);
    const refunded = charge('2026-09-01T00:00:00Z', { payment_status: 'Refunded' });
    expect(states([refunded], 12)).toEqual(['2026-09 refunded', '2026-10 nothing', '2026-11 nothing']);
  });

  it('end ahead of a year whose renewal was declined', () => {
    const renewal = charge('2026-10-11T00:00:00Z', { payment_status: 'Declined' });
    expect(states([charge('2025-10-11T00:00:00Z'), renewal], 12).slice(-3)).toEqual([
      '2026-09 paid ahead',
      '2026-10 declined',
      '2026-11 nothing',
    ]);
  });

  it.each([null, 0, -3, 1_000_000])('take a cadence of %s without harm', (cadence) => {
    expect(states([charge('2026-10-01T00:00:00Z')], cadence)).toHaveLength(2);
  });

  it('reach back twenty years and no further', () => {
    expect(ledger([charge('0001-01-01T00:00:00Z'), charge('2026-11-01T00:00:00Z')])).toHaveLength(240);
  });
});

describe('the months paid and the streak', () => {
  const paid = (...months: string[]) => months.map((month) => charge(`${month}-02T00:00:00Z`));
  const tally = (events: Charge[], isCharged = true, cadence = 1) => tallyMonths(ledger(events, cadence), isCharged);

  it('count every month that was paid, and those without a gap', () => {
    expect(tally(paid('2026-05', '2026-06', '2026-08', '2026-09', '2026-10', '2026-11'))).toEqual({
      paid: 6,
      streak: 4,
    });
  });

  it('do not hold the month under way against somebody who is still charged', () => {
    expect(tally(paid('2026-09', '2026-10'))).toEqual({ paid: 2, streak: 2 });
    expect(tally(paid('2026-09', '2026-10'), false)).toEqual({ paid: 2, streak: 0 });
    const pending = charge('2026-11-02T00:00:00Z', { payment_status: 'Pending' });
    expect(tally([...paid('2026-09', '2026-10'), pending])).toEqual({ paid: 2, streak: 2 });
  });

  it('end with a declined charge', () => {
    const declined = charge('2026-11-02T00:00:00Z', { payment_status: 'Declined' });
    expect(tally([...paid('2026-09', '2026-10'), declined])).toEqual({ paid: 2, streak: 0 });
  });

  it('count each month of a year paid ahead', () => {
    expect(tally(paid('2026-01'), true, 12)).toEqual({ paid: 11, streak: 11 });
  });
});
