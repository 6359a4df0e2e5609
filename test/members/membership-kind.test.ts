import fc from 'fast-check';
import { membersMessages } from '../../src/apps/members/members.messages';
import {
  type AccessAttributes,
  explainKind,
  kindsOfStatus,
  MEMBERSHIP_KINDS,
  membershipKind,
} from '../../src/apps/members/membership-kind';
import { monthlyCents } from '../../src/apps/members/monthly-value';

const NOW = new Date('2026-11-20T12:00:00Z');

function member(given: Partial<AccessAttributes> = {}): AccessAttributes {
  return {
    patron_status: null,
    last_charge_status: null,
    is_gifted: false,
    is_free_trial: false,
    currently_entitled_tiers: [],
    last_charge_date: null,
    next_charge_date: null,
    pledge_cadence: null,
    ...given,
  };
}

const tiers = ['7000003'];
const active = { patron_status: 'active_patron' };
const former = { patron_status: 'former_patron' };
const declined = { patron_status: 'declined_patron', last_charge_status: 'Declined' };

describe('membershipKind, for each combination of statuses that has been seen', () => {
  it.each([
    [
      'paying monthly',
      { ...active, last_charge_status: 'Paid', currently_entitled_tiers: tiers, pledge_cadence: 1 },
      'paying',
    ],
    [
      'paying yearly',
      { ...active, last_charge_status: 'Paid', currently_entitled_tiers: tiers, pledge_cadence: 12 },
      'paying',
    ],
    ['custom amount without a tier', { ...active, last_charge_status: 'Paid' }, 'paying'],
    ['charge in progress, no tier', { ...active, last_charge_status: 'Pending' }, 'pending'],
    [
      'charge in progress, Free tier',
      { ...active, last_charge_status: 'Pending', currently_entitled_tiers: ['1'] },
      'pending',
    ],
    ['per-creation patron not yet charged', { ...active, currently_entitled_tiers: tiers }, 'pending'],
    ['declined, access ended', declined, 'declined'],
    ['declined, access kept during retries', { ...declined, currently_entitled_tiers: tiers }, 'declined'],
    [
      'cancelled, period still running',
      { ...former, last_charge_status: 'Paid', currently_entitled_tiers: tiers },
      'former',
    ],
    ['cancelled, over', { ...former, last_charge_status: 'Paid' }, 'former'],
    ['cancelled, charge deleted', { ...former, last_charge_status: 'Deleted' }, 'former'],
    ['refunded', { ...former, last_charge_status: 'Refunded' }, 'former'],
    ['free member without a tier', {}, 'free'],
    ['free member with the Free tier', { currently_entitled_tiers: ['1'] }, 'free'],
    ['gift with status', { ...active, is_gifted: true, currently_entitled_tiers: tiers }, 'gift'],
    ['gift without status', { is_gifted: true, currently_entitled_tiers: tiers }, 'gift'],
    ['gift without a tier, still active', { ...active, is_gifted: true }, 'gift'],
    ['gift that is over', { is_gifted: true }, 'free'],
    ['gift that is over for a former patron', { ...former, is_gifted: true }, 'former'],
    ['free trial by flag', { ...active, is_free_trial: true, currently_entitled_tiers: ['1', ...tiers] }, 'trial'],
    [
      'free trial by charge status',
      { ...active, last_charge_status: 'Free Trial', currently_entitled_tiers: tiers },
      'trial',
    ],
    [
      'gift during a trial',
      { ...active, is_gifted: true, is_free_trial: true, currently_entitled_tiers: tiers },
      'gift',
    ],
    [
      'flags that are not known',
      { ...active, last_charge_status: 'Paid', is_gifted: null, is_free_trial: null },
      'paying',
    ],
    ['active with a charge status nobody knows', { ...active, last_charge_status: 'Chargeback' }, 'paying'],
    ['active after a refund', { ...active, last_charge_status: 'Refunded' }, 'paying'],
    ['a status that nobody knows', { patron_status: 'paused_patron', last_charge_status: 'Paid' }, 'unknown'],
    ['an empty status', { patron_status: '' }, 'unknown'],
  ] as [string, Partial<AccessAttributes>, string][])('%s', (_case, attributes, kind) => {
    expect(membershipKind(member(attributes))).toBe(kind);
  });

  it('gives every member exactly one kind and a sentence that both languages have', () => {
    const word = fc.constantFrom(null, '', 'Paid', 'Pending', 'Declined', 'Deleted', 'Refunded', 'Free Trial', 'x');
    const status = fc.constantFrom(null, '', 'active_patron', 'declined_patron', 'former_patron', 'constructor');
    const flag = fc.constantFrom(null, true, false);
    const time = fc.constantFrom(null, '2026-11-01T00:00:00.000+00:00', '2027-01-31T00:00:00.000+00:00', 'nonsense');
    const anyMember = fc.record({
      patron_status: status,
      last_charge_status: word,
      is_gifted: flag,
      is_free_trial: flag,
      currently_entitled_tiers: fc.constantFrom([], ['1'], ['1', '2']),
      last_charge_date: time,
      next_charge_date: time,
      pledge_cadence: fc.constantFrom(null, 0, 1, 12, 2_000_000_000),
    });
    fc.assert(
      fc.property(anyMember, (m) => {
        const reason = explainKind(m, NOW);
        expect(MEMBERSHIP_KINDS).toContain(reason.kind);
        expect(reason.kind).toBe(membershipKind(m));
        expect(kindsOfStatus(m.patron_status ?? 'none')).toContain(reason.kind);
        for (const locale of ['en', 'fr'] as const) expect(sentence(locale, reason.key)).toEqual(expect.any(String));
      }),
      { numRuns: 2_000 },
    );
  });
});

function sentence(locale: 'en' | 'fr', key: string): unknown {
  const path = key.replace('members:', '').split('.');
  return path.reduce<unknown>((tree, part) => (tree as Record<string, unknown>)?.[part], membersMessages[locale]);
}

describe('explainKind, for a former member', () => {
  const cancelled = { ...former, last_charge_status: 'Paid', currently_entitled_tiers: tiers };

  it('names the end of the months that the last charge paid for', () => {
    const reason = explainKind(
      member({ ...cancelled, last_charge_date: '2026-11-03T10:00:00.000+00:00', pledge_cadence: 1 }),
      NOW,
    );
    expect(reason).toMatchObject({ key: 'members:why.former.until', accessUntil: '2026-12-03T10:00:00.000Z' });
  });

  it('does not run over the end of a shorter month', () => {
    const reason = explainKind(
      member({ ...cancelled, last_charge_date: '2027-01-31T10:00:00.000+00:00', pledge_cadence: 1 }),
      NOW,
    );
    expect(reason.accessUntil).toBe('2027-02-28T10:00:00.000Z');
  });

  it('prefers the next charge that Patreon still names', () => {
    const given = { ...cancelled, next_charge_date: '2027-03-11T00:00:00.000+00:00', pledge_cadence: 12 };
    expect(explainKind(member(given), NOW).accessUntil).toBe('2027-03-11T00:00:00.000+00:00');
  });

  it('names no day when the dates do not tell one', () => {
    const given = { ...cancelled, last_charge_date: '2026-01-03T10:00:00.000+00:00', pledge_cadence: 1 };
    expect(explainKind(member(given), NOW)).toMatchObject({ key: 'members:why.former.running', accessUntil: null });
  });

  it('says that access has ended when no tier is left', () => {
    const given = {
      ...former,
      last_charge_status: 'Paid',
      last_charge_date: '2026-11-10T10:00:00.000+00:00',
      pledge_cadence: 1,
    };
    expect(explainKind(member(given), NOW)).toMatchObject({ key: 'members:why.former.ended', accessUntil: null });
  });
});

describe('monthlyCents', () => {
  const value = (kind: (typeof MEMBERSHIP_KINDS)[number], cents: number | null, cadence: number | null) =>
    monthlyCents({ kind, currently_entitled_amount_cents: cents, pledge_cadence: cadence });

  it.each([
    [500, 1, 500],
    [16_200, 12, 1_350],
    [10_000, 12, 833],
    [10_003, 12, 834],
    [18, 12, 2],
    [5, 2, 3],
    [500, null, 500],
    [500, 0, 500],
    [500, -12, 500],
    [null, 12, 0],
    [0, 1, 0],
  ])('%s cents every %s months are %s a month, rounded half up', (cents, cadence, monthly) => {
    expect(value('paying', cents, cadence)).toBe(monthly);
    expect(value('pending', cents, cadence)).toBe(monthly);
  });

  it.each(['gift', 'trial', 'declined', 'former', 'free', 'unknown'] as const)('is nothing for the kind %s', (kind) => {
    expect(value(kind, 500, 1)).toBe(0);
  });
});
