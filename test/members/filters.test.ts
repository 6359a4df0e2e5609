import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertTiers } from '../support/campaign-factories';
import { insertAddress, insertMembers } from '../support/factories';
import { readPage } from '../support/page';
import { walkList } from '../support/walk';

const DAY = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString();

describe('the filters of the list of members', () => {
  let app: TestApp;
  let owner: SignedInVisitor;
  let viewer: SignedInVisitor;
  let campaign: number;

  beforeAll(async () => {
    app = await startTestApp();
    owner = await app.signInAs('owner');
    viewer = await app.signInAs('viewer');
  });
  beforeEach(async () => {
    campaign = await insertCampaign(app.context.knex, { name: 'Ink', currency: 'USD' });
  });
  afterAll(() => app.close());
  afterEach(async () => {
    await deleteCampaigns(app.context.knex);
    await app.context.knex('labels').delete();
  });

  const insert = (people: Record<string, unknown>[]) => insertMembers(app.context.knex, campaign, people);
  const read = async (query: string, visitor = owner) =>
    readPage((await visitor.get(`/patreon/members/?${query}`).expect(200)).text);
  /** Ids in the order of their rows, which were inserted in the order of their names. */
  const ids = async (query: string, visitor = owner) => {
    const page = await read(`sort=name&${query}`, visitor);
    return page.total === 0 ? [] : page.rows('members').map((row) => Number(row.id));
  };
  /** What the sentence above the list says, its pieces apart. */
  const sentence = async (query: string, visitor = owner) => {
    const { html } = await read(query, visitor);
    const [, inner = ''] = /data-filter-sentence>([\s\S]*?)<\/p>/.exec(html) ?? [];
    return readPage(inner).text.replaceAll(' ,', ',').trim();
  };

  it('tells the browser which days and amounts it takes, so that a slip keeps the form', async () => {
    await insert([{ full_name: 'A' }]);
    const { html } = await read('');
    const takes = (name: string) => {
      const [field = ''] = new RegExp(`<input[^>]*name="${name}"[^>]*>`).exec(html) ?? [];
      const [, pattern = ''] = / pattern="([^"]+)"/.exec(field) ?? [];
      return (value: string) => new RegExp(`^(?:${pattern})$`, 'u').test(value);
    };
    const [day, amount] = [takes('joined_from'), takes('or1.amount_min')];
    expect(['today', '-30d', '+7d', '2026-09-01'].every(day)).toBe(true);
    expect(['last week', '30d', '01/09/2026', '1899-01-01'].some(day)).toBe(false);
    expect(['5', '12.50', '12,5'].every(amount)).toBe(true);
    expect(['five', '-5', '1.234', '$5'].some(amount)).toBe(false);
  });

  it('takes any of several kinds, statuses and tiers', async () => {
    const tiers = await insertTiers(app.context.knex, campaign, [{ patreon_id: '71' }, { patreon_id: '72' }]);
    const [paying, former, free] = await insert([
      { full_name: 'A', currently_entitled_tiers: ['71'] },
      { full_name: 'B', patron_status: 'former_patron', currently_entitled_tiers: ['72'] },
      { full_name: 'C', patron_status: null, last_charge_status: null },
    ]);
    expect(await ids('kind=paying&kind=former')).toEqual([paying, former]);
    expect(await ids('status=none&status=former_patron')).toEqual([former, free]);
    expect(await ids(`tier=${tiers[0]}&tier=${tiers[1]}&tier=`)).toEqual([paying, former]);
    expect(await ids('kind=free&kind=free')).toEqual([free]);
    expect((await read('kind=paying&kind=former')).total).toBe(2);
  });

  it('counts the members of a tier as they come, change, go and are deleted', async () => {
    const { knex } = app.context;
    const [gold] = await insertTiers(knex, campaign, [{ patreon_id: '71' }]);
    const people = await insert([
      { currently_entitled_tiers: ['71', '71'] },
      { currently_entitled_tiers: ['71', '72'], patron_status: null, last_charge_status: null },
      { currently_entitled_tiers: [] },
    ]);
    const totals = async () =>
      Promise.all(
        ['', '&kind=paying', '&status=none', '&gone=1'].map(async (more) => (await read(`tier=${gold}${more}`)).total),
      );
    expect(await totals()).toEqual([2, 1, 1, 0]);
    await knex('patreon_members').update({ currently_entitled_tiers: ['71'] });
    expect(await totals()).toEqual([3, 2, 1, 0]);
    await knex('patreon_members').where({ id: people[0] }).update({ gone_at: new Date(), kind: 'gift' });
    expect(await totals()).toEqual([2, 1, 1, 1]);
    await knex('patreon_members').whereIn('id', people.slice(1)).delete();
    expect(await totals()).toEqual([0, 0, 0, 1]);
  });

  it('filters by amounts a month and over all time, both ends included', async () => {
    const [five, yearly, twenty] = await insert([
      { full_name: 'A', currently_entitled_amount_cents: 500, campaign_lifetime_support_cents: 1_000 },
      {
        full_name: 'B',
        currently_entitled_amount_cents: 12_000,
        pledge_cadence: 12,
        campaign_lifetime_support_cents: 0,
      },
      { full_name: 'C', currently_entitled_amount_cents: 2_000, campaign_lifetime_support_cents: null },
    ]);
    expect(await ids('amount_min=5&amount_max=10')).toEqual([five, yearly]);
    expect(await ids('amount_min=10.01')).toEqual([twenty]);
    expect(await ids('amount_max=5,00')).toEqual([five]);
    expect(await ids('lifetime_min=0.01')).toEqual([five]);
    expect(await ids('lifetime_max=0')).toEqual([yearly]);
  });

  it('filters by days, written out or counted from today, the last one whole', async () => {
    const [recent, dated, ahead] = await insert([
      { full_name: 'A', pledge_relationship_start: inDays(-3), last_charge_date: inDays(-3) },
      { full_name: 'B', pledge_relationship_start: '2020-02-29T23:59:59Z', last_charge_date: null },
      { full_name: 'C', pledge_relationship_start: null, next_charge_date: inDays(3), changed_at: '2020-01-01' },
    ]);
    expect(await ids('joined_from=-7d')).toEqual([recent]);
    expect(await ids('joined_from=-2d')).toEqual([]);
    expect(await ids('joined_from=2020-02-29&joined_to=2020-02-29')).toEqual([dated]);
    expect(await ids('joined_to=2020-02-28')).toEqual([]);
    expect(await ids('last_charge_from=-1w')).toEqual([recent]);
    expect(await ids('next_charge_from=today&next_charge_to=%2B7d')).toEqual([ahead]);
    expect(await ids('next_charge_from=%2B1m')).toEqual([]);
    expect(await ids('changed_from=-1d')).toEqual([recent, dated]);
    expect(await ids('changed_to=2020-01-01')).toEqual([ahead]);
  });

  it('filters by the result of the last charge and by how often one pays', async () => {
    const [paid, declined, never] = await insert([
      { full_name: 'A' },
      { full_name: 'B', last_charge_status: 'Declined', patron_status: 'declined_patron', pledge_cadence: 12 },
      { full_name: 'C', last_charge_status: null, patron_status: null, pledge_cadence: null },
    ]);
    expect(await ids('charge=Declined&charge=none')).toEqual([declined, never]);
    expect(await ids('charge=Paid')).toEqual([paid]);
    expect(await ids('cadence=12')).toEqual([declined]);
    expect(await ids('cadence=1&cadence=12')).toEqual([paid, declined]);
  });

  it('filters by whether there is an e-mail, an address and an account on Discord', async () => {
    const [full, bare] = await insert([
      { full_name: 'A', discord_user_id: '700000000000000001' },
      { full_name: 'B', email: '' },
    ]);
    await insertAddress(app.context, campaign, full as number, { addressee: 'A' });
    for (const name of ['email', 'address', 'discord']) {
      expect(await ids(`${name}=yes`)).toEqual([full]);
      expect(await ids(`${name}=no`)).toEqual([bare]);
    }
  });

  it('filters by labels and follow-ups', async () => {
    const { knex } = app.context;
    const [mine, overdue, nobody] = await insert([{ full_name: 'A' }, { full_name: 'B' }, { full_name: 'C' }]);
    const [vip, late] = (await knex('labels')
      .insert([{ name: 'VIP' }, { name: 'Late' }])
      .returning('id')) as { id: number }[];
    await knex('member_labels').insert([
      { label_id: vip?.id, member_id: mine },
      { label_id: late?.id, member_id: overdue },
    ]);
    const staff = await knex('staff').where({ role: 'owner' }).first('id');
    await knex('member_follow_ups').insert([
      { member_id: mine, owner_id: staff.id, due_on: inDays(5).slice(0, 10) },
      { member_id: overdue, due_on: '2020-01-01' },
    ]);
    expect(await ids(`label=${vip?.id}`)).toEqual([mine]);
    expect(await ids(`label=${vip?.id}&label=${late?.id}`)).toEqual([mine, overdue]);
    expect(await ids(`label_not=${vip?.id}`)).toEqual([overdue, nobody]);
    expect(await ids('follow_up=mine')).toEqual([mine]);
    expect(await ids('follow_up=overdue')).toEqual([overdue]);
    expect(await ids('follow_up=any')).toEqual([mine, overdue]);
    expect(await ids('follow_up=none')).toEqual([nobody]);
    expect((await read(`label=${vip?.id}`)).rows('members')[0]?.text).toContain('VIP');
  });

  it('lists who fits any group, within the campaign and the text that are asked for', async () => {
    const [rich, declined, poor] = await insert([
      { full_name: 'A Sato', currently_entitled_amount_cents: 5_000 },
      { full_name: 'B Sato', patron_status: 'declined_patron', last_charge_status: 'Declined' },
      { full_name: 'C Sato' },
    ]);
    const other = await insertCampaign(app.context.knex, { name: 'Other' });
    const [elsewhere] = await insertMembers(app.context.knex, other, [
      { full_name: 'D', patron_status: 'declined_patron', last_charge_status: 'Declined' },
    ]);
    const either = 'kind=paying&amount_min=20&or1.kind=declined';
    expect(await ids(either)).toEqual([rich, declined, elsewhere]);
    expect(await ids(`${either}&campaign=${campaign}`)).toEqual([rich, declined]);
    expect(await ids(`${either}&q=sato`)).toEqual([rich, declined]);
    expect(await ids(`${either}&or2.amount_max=5&or2.kind=paying`)).toEqual([rich, declined, poor, elsewhere]);
    expect((await read(either)).total).toBe(3);
  });

  it('keeps a composed filter through all pages, there and back', async () => {
    await insert(
      Array.from({ length: 120 }, (_, index) => ({
        full_name: `N${index % 7}`,
        currently_entitled_amount_cents: index % 2 ? 500 : 2_000,
        pledge_cadence: index % 3 ? 1 : 12,
      })),
    );
    const expected = await app.context
      .knex('patreon_members')
      .where('monthly_cents', '>=', 1_000)
      .orWhere('pledge_cadence', 12)
      .pluck('id');
    const there = await walkList(owner, 'members', '/patreon/members/?amount_min=10&or1.cadence=12&sort=-name');
    expect([...there.ids].sort((a, b) => a - b)).toEqual(expected.sort((a: number, b: number) => a - b));
    expect((await walkList(owner, 'members', there.last, 'prev')).ids).toEqual(there.ids);
  });

  it('finds a member by the id of the membership, of the person and on Discord, whoever asks', async () => {
    const [ada] = await insert([
      { full_name: 'A', user_patreon_id: '50012345', discord_user_id: '700000000000000001' },
      { full_name: 'B', user_patreon_id: '500123456' },
    ]);
    const { patreon_id } = await app.context.knex('patreon_members').where({ id: ada }).first('patreon_id');
    for (const q of ['50012345', '700000000000000001', patreon_id]) {
      expect([q, await ids(`q=${q}`)]).toEqual([q, [ada]]);
      expect(await ids(`q=${q}`, viewer)).toEqual([ada]);
    }
  });

  describe('said as a sentence', () => {
    it('says nothing while nothing is asked for', async () => {
      await insert([{}]);
      expect((await read('sort=-name')).html).not.toContain('data-filter-sentence');
    });

    it('tells kinds, conditions, groups and what narrows the whole list', async () => {
      const [tier] = await insertTiers(app.context.knex, campaign, [{ patreon_id: '71', title: 'Gold' }]);
      await insert([{}]);
      expect(await sentence('kind=paying&joined_from=-30d&or1.kind=declined')).toBe(
        'Paying members who joined in the last 30 days, or declined members',
      );
      expect(await sentence(`tier=${tier}&amount_min=5&amount_max=10&campaign=${campaign}&q=zelda`)).toBe(
        'Members who are in “Gold” and give $5.00 to $10.00 a month, of Ink, found by “zelda”',
      );
      expect(await sentence('next_charge_from=today&next_charge_to=%2B7d&cadence=12')).toBe(
        'Members who pay yearly and will be charged next in the next 7 days',
      );
      expect(await sentence('joined_from=2026-01-01&email=no&gone=0')).toBe(
        'Members who joined on or after Jan 1, 2026 and have no e-mail',
      );
    });

    it('is written in French for those who read French', async () => {
      await insert([{}]);
      const french = await app.signInAs('owner');
      await app.context.knex('staff').update({ locale: 'fr' });
      expect(await sentence('kind=paying&joined_from=-30d&or1.kind=declined', french)).toBe(
        'Membres payants qui sont arrivés il y a 30 jours au plus, ou membres au paiement refusé',
      );
      await app.context.knex('staff').update({ locale: 'en' });
    });

    it('takes each condition away by a link of its own, and keeps the others', async () => {
      await insert([{}]);
      const { html } = await read('kind=paying&kind=gift&amount_min=5&amount_max=9&or1.cadence=1&sort=name');
      expect(html).toContain(
        'class="chip" href="/patreon/members/?amount_min=5&amp;amount_max=9&amp;or1.cadence=1&amp;sort=name"',
      );
      expect(html).toContain(
        'class="chip" href="/patreon/members/?kind=paying&amp;kind=gift&amp;or1.cadence=1&amp;sort=name"',
      );
      expect(html).toContain(
        'class="chip" href="/patreon/members/?kind=paying&amp;kind=gift&amp;amount_min=5&amp;amount_max=9&amp;sort=name"',
      );
    });
  });

  it('puts what is asked for back into the form, with one more group to fill in', async () => {
    await insert([{}]);
    const page = await read('kind=gift&amount_min=5&or1.cadence=12&or1.joined_from=-30d');
    expect(page.values()).toMatchObject({
      kind: 'gift',
      amount_min: '5',
      'or1.cadence': '12',
      'or1.joined_from': '-30d',
    });
    expect(page.html).toContain('name="or2.kind"');
    expect((await read('kind=gift')).html).not.toContain('name="or2.kind"');
  });

  it.each([
    'amount_min=5',
    'amount_max=1',
    'lifetime_min=1',
    'or1.lifetime_max=9',
    'email=no',
    'address=yes',
    'or2.address=no',
  ])('does not tell those who may not see it who fits %s', async (query) => {
    await insert([{}]);
    const answer = await viewer.get(`/patreon/members/?${query}`).expect(400);
    expect(readPage(answer.text).text).toContain('Your role does not see');
    expect(answer.text).not.toContain('data-list="members"');
    expect((await read('', viewer)).html).not.toMatch(/name="(or1\.)?(amount|lifetime)_|name="email"|name="address"/);
  });

  it.each([
    ['amount_min=-5', 'An amount is a number'],
    ['amount_min=1e9', 'An amount is a number'],
    ['lifetime_max=12345678901', 'An amount is a number'],
    ['joined_from=yesterday', 'A day is a date'],
    ['joined_from=2026-02-30', 'A day is a date'],
    ['joined_to=0000-01-01', 'A day is a date'],
    ['changed_from=-99999d', 'A day is a date'],
    ['email=maybe', 'takes “yes” or “no”'],
    ['cadence=0', 'months between charges'],
    ['label=999999', 'There is no such label'],
    ['label=99999999999999', 'There is no such label'],
    ['label_not=x', 'There is no such label'],
    ['or1.tier=999999', 'There is no such tier'],
    ['or2.kind=x', 'There is no such kind'],
    ['follow_up=yours', 'A follow-up can be'],
    ['charge=%00', 'one word of Patreon’s'],
    ['columns=secrets', 'no such column'],
    ['joined_from=-30d&joined_from=-7d', 'A day is a date'],
    [Array.from({ length: 51 }, (_, n) => `cadence=${n + 1}`).join('&'), 'months between charges'],
  ])('answers %s with 400 and what is wrong', async (query, message) => {
    const answer = await owner.get(`/patreon/members/?${query}`).expect(400);
    expect(readPage(answer.text).text).toContain(message);
  });

  it.each(['-9999y', '%2B9999y', '2199-12-31', '1900-01-01', '-9999m'])(
    'takes %s for a day without failing',
    async (day) => {
      await insert([{}]);
      await owner.get(`/patreon/members/?joined_from=${day}&changed_to=${day}`).expect(200);
    },
  );
});
