import type { CampaignOptions } from '../../src/sandbox/generated/campaign-plan';
import { planCampaign } from '../../src/sandbox/generated/campaign-plan';
import { memberId, memberIndex } from '../../src/sandbox/generated/member-id';
import { GeneratedPopulation } from '../../src/sandbox/generated/population';
import { ImageAddresses } from '../../src/sandbox/image-addresses';
import type { Attributes, Related, Resource } from '../../src/sandbox/resource';

const NOW = Date.parse('2026-09-15T08:00:00Z');
const CAMPAIGN = '9100001';
const MEMBERS = 2500;

function populate(campaign: CampaignOptions = {}, seed = 7, now = NOW): GeneratedPopulation {
  const images = new ImageAddresses('http://images.test');
  return new GeneratedPopulation({ seed, anchor: now, campaigns: [campaign], images, now: () => now });
}

const list = (related: Related): Resource[] => (Array.isArray(related) ? related : related === null ? [] : [related]);

interface Row {
  attributes: Attributes;
  tiers: Attributes[];
  user: Attributes | undefined;
  address: Attributes | undefined;
  events: Attributes[];
}

function rows(population: GeneratedPopulation): Row[] {
  return Array.from({ length: population.count('member', CAMPAIGN) }, (_, index) => {
    const member = population.at('member', CAMPAIGN, index);
    const related = (name: string): Attributes[] => list(member.related(name)).map(({ attributes }) => attributes);
    return {
      attributes: member.attributes,
      tiers: related('currently_entitled_tiers'),
      user: related('user')[0],
      address: related('address')[0],
      events: related('pledge_history'),
    };
  });
}

const people = rows(populate());

const amounts = ({ tiers }: Row): number[] => tiers.map((tier) => Number(tier.amount_cents));
const hasPaidTier = (row: Row): boolean => amounts(row).some((cents) => cents > 0);
const onlyFree = (row: Row): boolean => amounts(row).every((cents) => cents === 0);

interface Case {
  patron_status: string | null;
  last_charge_status: (string | null)[];
  fits: (row: Row) => boolean;
}

const entitled = ({ attributes }: Row): number => Number(attributes.currently_entitled_amount_cents);

/** The table of member states, line by line. */
const CASES: Record<string, Case> = {
  'paying monthly': {
    patron_status: 'active_patron',
    last_charge_status: ['Paid'],
    fits: (row) =>
      row.attributes.pledge_cadence === 1 && entitled(row) === Math.max(...amounts(row)) && hasPaidTier(row),
  },
  'paying yearly': {
    patron_status: 'active_patron',
    last_charge_status: ['Paid'],
    fits: (row) => row.attributes.pledge_cadence === 12 && entitled(row) > 10 * Math.max(...amounts(row)),
  },
  'a custom amount without a tier': {
    patron_status: 'active_patron',
    last_charge_status: ['Paid'],
    fits: (row) => row.tiers.length === 0 && entitled(row) > 0,
  },
  'a charge in progress': {
    patron_status: 'active_patron',
    last_charge_status: ['Pending'],
    fits: (row) => onlyFree(row) && entitled(row) === 0,
  },
  'declined, access lost': {
    patron_status: 'declined_patron',
    last_charge_status: ['Declined'],
    fits: (row) => row.tiers.length === 0 && entitled(row) === 0,
  },
  'declined, access kept during retries': {
    patron_status: 'declined_patron',
    last_charge_status: ['Declined'],
    fits: (row) => hasPaidTier(row) && entitled(row) > 0,
  },
  'cancelled, period still running': {
    patron_status: 'former_patron',
    last_charge_status: ['Paid'],
    fits: (row) => hasPaidTier(row) && entitled(row) > 0 && row.attributes.next_charge_date === null,
  },
  'cancelled and over': {
    patron_status: 'former_patron',
    last_charge_status: ['Paid', 'Deleted'],
    fits: (row) => row.tiers.length === 0 && entitled(row) === 0,
  },
  refunded: {
    patron_status: 'former_patron',
    last_charge_status: ['Refunded'],
    fits: (row) => row.tiers.length === 0 && row.attributes.campaign_lifetime_support_cents === 0,
  },
  'a free member with the Free tier': {
    patron_status: null,
    last_charge_status: [null],
    fits: (row) => row.tiers.length === 1 && onlyFree(row) && row.attributes.is_gifted === false,
  },
  'a free member without a tier': {
    patron_status: null,
    last_charge_status: [null],
    fits: (row) => row.tiers.length === 0 && row.attributes.pledge_cadence === null,
  },
  'a gift': {
    patron_status: 'active_patron',
    last_charge_status: [null],
    fits: (row) => row.attributes.is_gifted === true && hasPaidTier(row) && entitled(row) === 0,
  },
  'a gift without a patron status': {
    patron_status: null,
    last_charge_status: [null],
    fits: (row) => row.attributes.is_gifted === true && hasPaidTier(row),
  },
  'a free trial': {
    patron_status: 'active_patron',
    last_charge_status: [null, 'Free Trial'],
    fits: (row) =>
      row.attributes.is_free_trial === true && row.tiers.length === 2 && hasPaidTier(row) && entitled(row) > 0,
  },
  'a patron not yet charged': {
    patron_status: 'active_patron',
    last_charge_status: [null],
    fits: (row) => hasPaidTier(row) && entitled(row) > 0 && row.attributes.is_free_trial === false,
  },
};

describe('the generated people', () => {
  it.each(Object.entries(CASES))('include: %s', (_name, { patron_status, last_charge_status, fits }) => {
    for (const status of last_charge_status) {
      const found = people.filter(
        (row) =>
          row.attributes.patron_status === patron_status && row.attributes.last_charge_status === status && fits(row),
      );
      expect(found.length).toBeGreaterThan(0);
    }
  });

  it.each<[string, (row: Row) => boolean]>([
    [
      'are hidden: no name, e-mail or user',
      ({ attributes, user }) => !attributes.full_name && attributes.email === null && !user,
    ],
    ['have no e-mail', ({ attributes, user }) => attributes.email === null && user !== undefined],
    ['hold two paid tiers', (row) => amounts(row).filter((cents) => cents > 0).length === 2],
    ['hold the unpublished tier', ({ tiers }) => tiers.some(({ published }) => published === false)],
    ['have a very long name', ({ attributes }) => String(attributes.full_name).length > 120],
    [
      'have a name written from right to left',
      ({ attributes }) => /\p{Script=Arabic}|\p{Script=Hebrew}/u.test(String(attributes.full_name)),
    ],
    [
      'have an emoji in their name',
      ({ attributes }) => /\p{Extended_Pictographic}/u.test(String(attributes.full_name)),
    ],
    ['have a name that looks like a formula', ({ attributes }) => /^[=+@-]/.test(String(attributes.full_name))],
    ['carry a note', ({ attributes }) => String(attributes.note ?? '').length > 3],
    ['live outside the United States', ({ address }) => address !== undefined && address.country !== 'US'],
    ['linked Discord', ({ user }) => JSON.stringify(user?.social_connections ?? {}).includes('"user_id"')],
    ['pay in another currency', ({ events }) => events.some(({ currency_code }) => currency_code !== 'USD')],
    [
      'changed their tier',
      ({ events }) => events.some(({ type }) => type === 'pledge_upgrade' || type === 'pledge_downgrade'),
    ],
  ])('in part %s', (_quality, fits) => {
    expect(people.filter(fits).length).toBeGreaterThan(0);
    expect(people.filter(fits).length).toBeLessThan(MEMBERS / 4);
  });

  it('are the same for the same seed and others for another', () => {
    const [first, again, other] = [populate({ members: 50 }), populate({ members: 50 }), populate({ members: 50 }, 8)];
    expect(rows(again)).toEqual(rows(first));
    expect(rows(other).map(({ attributes }) => attributes.full_name)).not.toEqual(
      rows(first).map(({ attributes }) => attributes.full_name),
    );
  });

  it('have ids of their own, by which each can be found', () => {
    const { seed } = planCampaign({}, 0, 7, NOW);
    const ids = Array.from({ length: 5000 }, (_, index) => memberId(seed, index));
    expect(new Set(ids).size).toBe(5000);
    expect(ids.map((id) => memberIndex(seed, id))).toEqual(ids.map((_, index) => index));
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(memberIndex(seed, (ids[1] ?? '').replace(/.$/, 'x'))).toBeUndefined();
  });
});

describe('the pledge history', () => {
  const events = people.flatMap((row) => row.events);

  it('adds up to the lifetime support where the patron pays in the campaign’s currency', () => {
    const sameCurrency = people.filter((row) => row.events.every(({ currency_code }) => currency_code === 'USD'));
    expect(sameCurrency.length).toBeGreaterThan(MEMBERS / 2);
    for (const { attributes, events: history } of sameCurrency) {
      const paid = history.filter(({ payment_status }) => payment_status === 'Paid');
      const sum = paid.reduce((cents, { amount_cents }) => cents + Number(amount_cents), 0);
      expect(attributes.campaign_lifetime_support_cents).toBe(sum);
    }
  });

  it('ends with the charge that the member shows', () => {
    for (const { attributes, events: history } of people) {
      const last = history.findLast(({ payment_status }) => payment_status !== null);
      expect(attributes.last_charge_status).toBe(last?.payment_status ?? null);
      expect(attributes.last_charge_date).toBe(last?.date ?? null);
    }
  });

  it('stands in order, within 18 months that end at the present', () => {
    for (const { events: history } of people) {
      const dates = history.map(({ date }) => String(date));
      expect(dates).toEqual([...dates].sort());
    }
    const times = events.map(({ date }) => Date.parse(String(date)));
    expect(Math.max(...times)).toBeLessThanOrEqual(NOW);
    expect(Math.min(...times)).toBeGreaterThan(NOW - 549 * 86_400_000);
    expect(Math.min(...times)).toBeLessThan(NOW - 500 * 86_400_000);
  });

  it('knows starts, changes, ends and charges with many outcomes', () => {
    const values = (name: string) => new Set(events.map((event) => event[name]));
    const types = ['pledge_start', 'pledge_upgrade', 'pledge_downgrade', 'pledge_delete', 'subscription'];
    expect(values('type')).toEqual(new Set(types));
    for (const status of ['Paid', 'Declined', 'Deleted', 'Pending', 'Refunded', 'Free Trial', null]) {
      expect(values('payment_status')).toContain(status);
    }
  });

  it.each(['2026-03-01T00:30:00Z', '2026-03-01T12:00:00Z', '2026-03-31T23:59:00Z', '2024-02-29T08:00:00Z'])(
    'holds together at %s',
    (time) => {
      const now = Date.parse(time);
      for (const { attributes, events: history } of rows(populate({ members: 400 }, 5, now))) {
        for (const { date } of history) expect(Date.parse(String(date))).toBeLessThanOrEqual(now);
        const { next_charge_date, pledge_relationship_start } = attributes;
        expect(Date.parse(String(pledge_relationship_start))).toBeLessThanOrEqual(now);
        if (next_charge_date !== null) expect(Date.parse(String(next_charge_date))).toBeGreaterThan(now);
      }
    },
  );
});

describe('the generated campaign', () => {
  const population = populate();
  const campaign = population.campaigns()[0] as Resource;
  const tiers = list(campaign.related('tiers')).map(({ attributes }) => attributes);

  it('has five tiers: one free, one no longer published, one with limited places', () => {
    expect(tiers).toHaveLength(5);
    expect(tiers.filter(({ amount_cents }) => amount_cents === 0)).toHaveLength(1);
    expect(tiers.filter(({ published }) => published === false)).toHaveLength(1);
    const limited = tiers.filter(({ user_limit }) => user_limit !== null);
    expect(limited).toHaveLength(1);
    for (const { user_limit, remaining, patron_count } of limited) {
      expect(Number(remaining)).toBe(Number(user_limit) - Number(patron_count));
      expect(Number(remaining)).toBeGreaterThan(0);
    }
  });

  it.each([1, 7, 199, 200, 201, 1333, MEMBERS])('counts its %i members without looking at each', (members) => {
    const some = populate({ members });
    const all = rows(some);
    const [own] = some.campaigns();
    expect(own?.attributes.patron_count).toBe(
      all.filter(({ attributes }) => attributes.patron_status === 'active_patron').length,
    );
    for (const tier of list(own?.related('tiers') ?? null)) {
      const holders = all.filter((row) => row.tiers.some(({ title }) => title === tier.attributes.title));
      expect(tier.attributes.patron_count).toBe(holders.length);
    }
  });

  it('is as quickly there with a million members as with one', () => {
    const large = populate({ members: 1_000_000 });
    const last = large.at('member', CAMPAIGN, 999_999);
    expect(large.locate('member', last.id)).toEqual({ campaignId: CAMPAIGN, index: 999_999 });
    expect(large.campaigns()[0]?.attributes.patron_count).toBe(540_000);
  });

  it('has posts with lists, links, pictures, videos and every kind of audience', () => {
    const posts = Array.from({ length: 60 }, (_, index) => population.at('post', CAMPAIGN, index).attributes);
    const some = (fits: (post: Attributes) => boolean): void => expect(posts.filter(fits).length).toBeGreaterThan(0);
    some(({ content }) => content === null);
    some(({ content }) => /<ul><li>/.test(String(content)));
    some(({ content }) => /<a href=/.test(String(content)));
    some(({ content }) => /<img src="[^"]+token-hash=[^"&]+&amp;token-time=\d+">/.test(String(content)));
    some(({ url }) => String(url).startsWith('/'));
    some(({ url }) => String(url).startsWith('https://'));
    some(({ embed_url }) => embed_url !== null);
    some(({ is_public, tiers: limited }) => is_public === false && Array.isArray(limited) && limited.length === 0);
    some(({ is_public, tiers: limited }) => is_public === false && Array.isArray(limited) && limited.length > 0);
    some(({ is_public }) => is_public === true);
  });

  it('can charge per creation, and in another currency', () => {
    const other = populate({ members: 200, isMonthly: false, currency: 'JPY' });
    expect(other.campaigns()[0]?.attributes).toMatchObject({
      is_monthly: false,
      currency: 'JPY',
      pay_per_name: 'creation',
    });
    const uncharged = rows(other).filter(
      ({ attributes: { patron_status, last_charge_status, is_gifted, is_free_trial } }) =>
        patron_status === 'active_patron' && last_charge_status === null && !is_gifted && !is_free_trial,
    );
    expect(uncharged.length).toBe(23);
    expect(other.at('post', CAMPAIGN, 1).attributes.is_paid).toBe(true);
  });
});
