import { Client } from 'pg';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertTiers } from '../support/campaign-factories';
import { insertMember, insertMembers } from '../support/factories';
import { readPage, withoutToken } from '../support/page';
import { seededRandom } from '../support/seeded-random';
import { walkList } from '../support/walk';

const COLUMNS = {
  name: `nullif(full_name, '') collate "und-x-icu"`,
  amount: 'currently_entitled_amount_cents',
  monthly: 'monthly_cents',
  lifetime: 'campaign_lifetime_support_cents',
  joined: 'pledge_relationship_start',
  last_charge: 'last_charge_date',
  next_charge: 'next_charge_date',
};

describe('GET /patreon/members/', () => {
  let app: TestApp;
  let owner: SignedInVisitor;
  let viewer: SignedInVisitor;

  beforeAll(async () => {
    app = await startTestApp();
    owner = await app.signInAs('owner');
    viewer = await app.signInAs('viewer');
  });

  afterAll(() => app.close());
  afterEach(() => deleteCampaigns(app.context.knex));

  const read = async (path: string, visitor = owner) => readPage((await visitor.get(path).expect(200)).text);
  /** In the order of their names, unless the query says another. */
  const ids = async (query: string, visitor = owner) => {
    const asked = new URLSearchParams(query);
    if (!asked.has('sort')) asked.set('sort', 'name');
    const page = await read(`/patreon/members/?${asked}`, visitor);
    return page.total === 0 ? [] : page.rows('members').map((row) => Number(row.id));
  };

  it('sends somebody who is not signed in to the sign-in page', async () => {
    const answer = await app.visitor().get('/patreon/members/?kind=paying');
    expect([answer.status, answer.headers.location]).toEqual([
      303,
      '/login/?next=%2Fpatreon%2Fmembers%2F%3Fkind%3Dpaying',
    ]);
  });

  it('leads to the connection while nothing is synced, or to the syncs for those who may not connect', async () => {
    const page = await read('/patreon/members/');
    expect(page.total).toBe(0);
    expect(page.text).toContain('No members yet');
    expect(page.html).toContain('href="/admin/patreon/patreoncredential/"');
    expect((await read('/patreon/members/', viewer)).html).toContain(
      'class="button button--primary" href="/patreon/sync/"',
    );
  });

  it('leads to the campaigns where the only one is ignored', async () => {
    const { knex } = app.context;
    await knex('ignored_campaigns').insert({
      patreon_id: '9001',
      campaign_id: 1,
      name: 'Ink',
      deleted_at: '2026-01-01',
    });
    const page = await read('/patreon/members/');
    await knex('ignored_campaigns').delete();
    expect(page.text).toContain('Members of ignored campaigns are not listed');
    expect(page.html).toContain('class="button button--primary" href="/patreon/campaigns/"');
    expect(page.text).not.toContain('No members yet');
  });

  it('opens with those who joined last', async () => {
    const campaign = await insertCampaign(app.context.knex);
    const early = await insertMember(app.context.knex, campaign, { pledge_relationship_start: '2025-01-01' });
    const late = await insertMember(app.context.knex, campaign, { pledge_relationship_start: '2026-01-01' });
    const page = await read('/patreon/members/');
    expect(page.rows('members').map((row) => Number(row.id))).toEqual([late, early]);
  });

  it('shows a row for each live member, with everything that the role may see', async () => {
    const { knex } = app.context;
    const campaign = await insertCampaign(knex, { name: 'Ink', currency: 'EUR' });
    await insertTiers(knex, campaign, [{ patreon_id: '71', title: 'Folio' }]);
    const id = await insertMember(knex, campaign, {
      patreon_id: '1c7f8e2d-69b2-4a1f-8c8b-7b2a4d3e0102',
      pledge_cadence: 12,
      currently_entitled_amount_cents: 16_200,
      campaign_lifetime_support_cents: 32_400,
      currently_entitled_tiers: ['71', '99'],
      last_charge_date: '2026-03-11T12:00:41.000+00:00',
      next_charge_date: '2027-03-12T00:00:00.000+00:00',
      pledge_relationship_start: '2025-03-10T12:00:39.002+00:00',
    });
    await insertMember(knex, campaign, { full_name: 'Left', gone_at: '2026-01-01' });
    // With more than one campaign, each row says whose it is.
    await insertCampaign(knex, { name: 'Other' });
    const page = await read('/patreon/members/');
    const [row, ...others] = page.rows('members');
    expect(others).toEqual([]);
    expect(row).toMatchObject({ id: String(id), patreonId: '1c7f8e2d-69b2-4a1f-8c8b-7b2a4d3e0102' });
    expect(page.total).toBe(1);
    const shown = ['Sunniva Harrow', 'Paying', 'Folio, Tier 99', '€13.50', '€324.00', 'sunniva.harrow@example.com'];
    for (const text of [...shown, 'Mar 11, 2026', 'Paid', 'Mar 12, 2027', 'Mar 10, 2025', 'Ink'])
      expect(row?.text).toContain(text);
  });

  it('shows members about whom nothing is known', async () => {
    const campaign = await insertCampaign(app.context.knex);
    const nothing = { full_name: '', email: null, patron_status: null, last_charge_status: null, is_gifted: null };
    await insertMember(app.context.knex, campaign, {
      ...nothing,
      currently_entitled_amount_cents: null,
      pledge_cadence: null,
    });
    expect((await read('/patreon/members/')).rows('members')[0]?.text).toContain('Hidden member');
  });

  it('shows names, e-mails and words as text, whatever they contain', async () => {
    const campaign = await insertCampaign(app.context.knex, { name: '<b>Ink</b>' });
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'';
    await insertTiers(app.context.knex, campaign, [{ patreon_id: '71', title: evil }]);
    const values = { full_name: evil, email: `${evil}@example.com`, last_charge_status: evil, patron_status: evil };
    await insertMember(app.context.knex, campaign, { ...values, currently_entitled_tiers: ['71', evil] });
    const page = await read(`/patreon/members/?status=${encodeURIComponent(evil)}`);
    expect(page.rows('members')).toHaveLength(1);
    expect(page.html).not.toMatch(/<script>|<img|<b>Ink/);
    expect(page.rows('members')[0]?.text).toContain('<script>alert(1)</script>');
  });

  it('shows what is gone only when it is asked for', async () => {
    const { knex } = app.context;
    const campaign = await insertCampaign(knex);
    const [here, gone] = await insertMembers(knex, campaign, [{}, { full_name: 'Zoe', gone_at: '2026-01-01' }]);
    expect(await ids('')).toEqual([here]);
    expect(await ids('?gone=1')).toEqual([gone]);
    expect(await ids('?gone=1&q=zoe')).toEqual([gone]);
    expect((await read('/patreon/members/?gone=1')).total).toBe(1);
  });

  it('filters by campaign, kind, status and tier, alone and together', async () => {
    const { knex } = app.context;
    const one = await insertCampaign(knex, { name: 'One' });
    const two = await insertCampaign(knex, { name: 'Two' });
    // The same Patreon id in two campaigns: a tier is one of a campaign.
    const [gold] = await insertTiers(knex, one, [{ patreon_id: '71', title: 'Gold' }]);
    await insertTiers(knex, two, [{ patreon_id: '71', title: 'Other gold' }]);
    const [paying, former, free, gift] = await insertMembers(knex, one, [
      { full_name: 'A', currently_entitled_tiers: ['71'] },
      { full_name: 'B', patron_status: 'former_patron', currently_entitled_tiers: ['71', '72'] },
      { full_name: 'C', patron_status: null, last_charge_status: null },
      { full_name: 'D', is_gifted: true, currently_entitled_tiers: ['72'] },
    ]);
    const [odd, elsewhere] = await insertMembers(knex, two, [
      { full_name: 'E', patron_status: 'paused_patron' },
      { full_name: 'F', currently_entitled_tiers: ['71'] },
    ]);
    expect(await ids(`?campaign=${one}`)).toEqual([paying, former, free, gift]);
    expect(await ids('?kind=paying')).toEqual([paying, elsewhere]);
    expect(await ids('?status=active_patron')).toEqual([paying, gift, elsewhere]);
    expect(await ids('?status=none')).toEqual([free]);
    expect(await ids('?status=paused_patron')).toEqual([odd]);
    expect(await ids('?status=no-such-word')).toEqual([]);
    expect(await ids(`?tier=${gold}`)).toEqual([paying, former]);
    expect(await ids(`?tier=${gold}&kind=former&status=former_patron&campaign=${one}&q=b`)).toEqual([former]);
    expect(await ids(`?tier=${gold}&campaign=${two}`)).toEqual([]);
    expect(await ids('?campaign=&kind=&status=&tier=&q=&gone=&unknown=1')).toHaveLength(6);
  });

  it('counts what matches: from kept figures, and up to 10,000 where a tier or a text is asked for', async () => {
    const { knex } = app.context;
    const campaign = await insertCampaign(knex);
    const many = Array.from({ length: 5_200 }, (_, index) => ({ full_name: `Sato ${index}` }));
    await insertMembers(knex, campaign, many.slice(0, 2_600));
    await insertMembers(knex, campaign, many.slice(2_600));
    await knex.raw(`insert into patreon_members (campaign_id, patreon_id, full_name, kind, monthly_cents, read_seq)
      select campaign_id, 'twin-' || id, full_name, kind, 0, 1 from patreon_members`);
    const everybody = await read('/patreon/members/');
    expect([everybody.total, everybody.rows('members').length]).toEqual([10_400, 50]);
    expect((await read('/patreon/members/?kind=paying&status=none')).total).toBe(5_200);
    const searched = await read('/patreon/members/?q=sato&sort=name');
    expect(searched.total).toBe(10_000);
    expect(searched.text).toContain('50 of 10,000+');
    expect((await read('/patreon/members/?q=sato%2012')).total).toBe(222);
    // More matches than are collected: found along the order where they lie close, collected all the same at its end.
    const sorted = await knex('patreon_members').orderByRaw(`${COLUMNS.name} desc, id desc`).limit(100).pluck('id');
    expect(await ids('?q=sato&sort=-name')).toEqual(sorted.slice(0, 50));
    expect(await ids(`?${searched.link('next')?.split('?')[1]}`)).toHaveLength(50);
    await insertMembers(
      knex,
      campaign,
      Array.from({ length: 2_600 }, () => ({ full_name: 'Abe' })),
    );
    await knex.raw(`insert into patreon_members (campaign_id, patreon_id, full_name, kind, monthly_cents, read_seq)
      select campaign_id, 'again-' || n || '-' || id, full_name, kind, 0, 1 from patreon_members, generate_series(1, 3) n
       where full_name = 'Abe'`);
    const ascending = await knex('patreon_members')
      .whereLike('full_name', 'Sato%')
      .orderByRaw(`${COLUMNS.name}, id`)
      .limit(100)
      .pluck('id');
    const first = await read('/patreon/members/?q=sato&sort=name');
    expect(first.rows('members').map((row) => Number(row.id))).toEqual(ascending.slice(0, 50));
    expect(await ids(`?${first.link('next')?.split('?')[1]}`)).toEqual(ascending.slice(50));
  });

  it('offers to take one filter away, or all of them', async () => {
    const { knex } = app.context;
    const campaign = await insertCampaign(knex, { name: 'One' });
    await insertMember(knex, campaign);
    const page = await read(`/patreon/members/?campaign=${campaign}&kind=free&sort=-joined`);
    expect(page.total).toBe(0);
    expect(page.text).toContain('Nobody matches');
    expect(page.html).toContain(`class="chip" href="/patreon/members/?campaign=${campaign}&amp;sort=-joined"`);
    expect(page.html).toContain('class="chip" href="/patreon/members/?kind=free&amp;sort=-joined"');
    expect(page.values()).toMatchObject({ campaign: String(campaign), kind: 'free', sort: '-joined' });
  });

  it('shows only the members of the campaign at the address of a campaign', async () => {
    const { knex } = app.context;
    const one = await insertCampaign(knex, { name: 'One' });
    const two = await insertCampaign(knex, { name: 'Two' });
    const id = await insertMember(knex, one);
    await insertMember(knex, two);
    const page = await read(`/patreon/campaigns/${one}/members/?campaign=${two}`);
    expect(page.rows('members').map((row) => Number(row.id))).toEqual([id]);
    expect(page.text).toContain('Members of One');
    expect(page.html).not.toContain('name="campaign"');
    await owner.get('/patreon/campaigns/999999/members/').expect(404);
    await owner.get('/patreon/campaigns/one/members/').expect(404);
  });

  describe('searching', () => {
    let campaign: number;
    const insert = (people: Record<string, unknown>[]) => insertMembers(app.context.knex, campaign, people);

    beforeEach(async () => {
      campaign = await insertCampaign(app.context.knex);
    });

    it('finds a part of the name or of the e-mail, whatever its case', async () => {
      const [ada, ben] = await insert([
        { full_name: 'Ada Okafor', email: 'wind@example.org' },
        { full_name: 'Ben Sato', email: 'ben.okafor@example.com' },
        { full_name: 'Cy', email: 'cy@example.com' },
      ]);
      expect(await ids('?q=OKAF')).toEqual([ada, ben]);
      expect(await ids('?q=%20wind%20')).toEqual([ada]);
    });

    it('takes one or two characters for the beginning of a name, whatever its case and accents', async () => {
      const [zelda, , zoe] = await insert([{ full_name: 'zelda' }, { full_name: 'Ada Zhou' }, { full_name: 'Zoë' }]);
      expect(await ids('?q=z')).toEqual([zelda, zoe]);
      expect(await ids('?q=ZO')).toEqual([zoe]);
      expect(await ids('?q=z&sort=-joined')).toEqual([zoe, zelda]);
      expect(await ids('?q=%25')).toEqual([]);
    });

    it.each(['---', '___', 'é!!', '。。。'])(
      'takes %j, in which no index finds anything, for a beginning too',
      async (q) => {
        const [begins] = await insert([{ full_name: `${q} Ada` }, { full_name: `Ada ${q}` }]);
        expect(await ids(`?q=${encodeURIComponent(q)}`)).toEqual([begins]);
      },
    );

    it.each(['a.b', '-a-', 'ab!', '..é', '李小龙'])('looks for %j anywhere', async (q) => {
      const [begins, ends] = await insert([{ full_name: `${q} Ada` }, { full_name: `Ada ${q}` }]);
      expect((await ids(`?q=${encodeURIComponent(q)}`)).sort()).toEqual([begins, ends].sort());
    });

    it('finds a part whatever its accents, on either side, in names and in e-mails', async () => {
      const [zoe, soren, plain] = await insert([
        { full_name: 'Ada Zoëlle', email: 'ada@example.com' },
        { full_name: 'Cy', email: 'SØREN@exämple.org' },
        { full_name: 'Zoella Straße', email: 'zs@example.com' },
      ]);
      expect(await ids('?q=zoel')).toEqual([zoe, plain]);
      expect(await ids('?q=ZO%C3%8BLL')).toEqual([zoe, plain]);
      expect(await ids(`?q=${encodeURIComponent('zoe\u0308lle')}`)).toEqual([zoe]);
      expect(await ids('?q=strass')).toEqual([plain]);
      expect(await ids('?q=soren@exam')).toEqual([soren]);
      expect(await ids('?q=s%C3%B8ren')).toEqual([soren]);
      expect(await ids('?q=soren', viewer)).toEqual([]);
      expect(await ids('?q=zoel', viewer)).toEqual([zoe, plain]);
    });

    it('takes a sign for what it is, also one that stands for a wildcard in wide letters', async () => {
      const [wide] = await insert([{ full_name: 'abc\uff3c' }, { full_name: 'abcd' }]);
      for (const q of ['abc\uff3c', 'abc\\']) expect(await ids(`?q=${encodeURIComponent(q)}`)).toEqual([wide]);
      for (const q of ['abc\uff05', 'abc\uff3f']) expect(await ids(`?q=${encodeURIComponent(q)}`)).toEqual([]);
    });

    it('takes wildcards and backslashes as they are', async () => {
      const [percent, underscore, backslash] = await insert([
        { full_name: '100% wool' },
        { full_name: 'a_snake_case' },
        { full_name: 'back\\slash' },
        { full_name: '100 wool' },
        { full_name: 'asnakeXcase' },
      ]);
      expect(await ids('?q=0%25%20w')).toEqual([percent]);
      expect(await ids('?q=snake_case')).toEqual([underscore]);
      expect(await ids('?q=k%5Csl')).toEqual([backslash]);
      expect(await ids('?q=%25%25%25')).toEqual([]);
    });

    it('does not find people by e-mail for those who may not see e-mails', async () => {
      await insert([{ full_name: 'Ada', email: 'okafor@example.org' }]);
      for (const q of ['okafor@', 'okafor', 'example.org']) expect(await ids(`?q=${q}`, viewer)).toEqual([]);
      expect((await read('/patreon/members/?q=okafor', viewer)).total).toBe(0);
      expect(await ids('?q=okafor')).toHaveLength(1);
    });
  });

  it('sorts by the value of a month under its head, and by Patreon’s amount where the address asks for that', async () => {
    const campaign = await insertCampaign(app.context.knex);
    const insert = (values: Record<string, unknown>) => insertMember(app.context.knex, campaign, values);
    const yearly = await insert({ currently_entitled_amount_cents: 6_000, pledge_cadence: 12 });
    const monthly = await insert({ currently_entitled_amount_cents: 900, pledge_cadence: 1 });
    const page = await read('/patreon/members/');
    expect(page.html).toMatch(/href="\/patreon\/members\/\?sort=-monthly"[^>]*>\s*Per month/);
    expect(await ids('?sort=-monthly')).toEqual([monthly, yearly]);
    expect(await ids('?sort=-amount')).toEqual([yearly, monthly]);
  });

  describe('for somebody who may see neither e-mails nor money', () => {
    it('masks the e-mail before it leaves and shows no amount', async () => {
      const campaign = await insertCampaign(app.context.knex, { currency: 'USD' });
      const values = { campaign_lifetime_support_cents: 987_654, currently_entitled_amount_cents: 123_456 };
      await insertMember(app.context.knex, campaign, { ...values, email: 'polly.peachum@example.com' });
      for (const role of ['viewer', 'editor'] as const) {
        const page = await read('/patreon/members/', await app.signInAs(role));
        expect(page.rows('members')[0]?.text).toContain('p•••@example.com');
        expect(page.html).not.toMatch(/polly\.peachum|9,876|1,234|987654|123456|Lifetime/);
      }
      expect((await read('/patreon/members/', await app.signInAs('manager'))).html).toMatch(/polly\.peachum.*/);
    });

    it.each(['amount', '-amount', 'monthly', '-monthly', 'lifetime', '-lifetime'])(
      'refuses to sort by %s, which would tell amounts',
      async (sort) => {
        const answer = await viewer.get(`/patreon/members/?sort=${sort}`).expect(403);
        expect(readPage(answer.text).text).toContain('cannot be sorted by them');
      },
    );
  });

  describe('walking through pages', () => {
    const random = seededRandom(20_261_122);
    const oneOf = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)] as T;
    const times = [
      '2026-01-01',
      '2026-01-01',
      '2026-03-05T10:00:00.123456Z',
      '2026-03-05T10:00:00.123457Z',
      '2027-01-01',
      null,
    ];

    async function insertCrowd(size: number): Promise<void> {
      const campaign = await insertCampaign(app.context.knex);
      const people = Array.from({ length: size }, (_, index) => ({
        full_name: oneOf(['Ada', 'ada', 'Ádám', 'Zoë', 'zoe', 'Ольга', '佐藤', '', null, `Ben ${index % 40}`]),
        currently_entitled_amount_cents: oneOf([0, 0, 0, 500, 700, null]),
        campaign_lifetime_support_cents: oneOf([0, 0, 9_007_199_254_740_991, 1_200, null]),
        pledge_relationship_start: oneOf(times),
        last_charge_date: oneOf(times),
        next_charge_date: oneOf(times),
        patron_status: oneOf(['active_patron', 'former_patron', null]),
        currently_entitled_tiers: oneOf([[], ['71']]),
      }));
      await insertMembers(app.context.knex, campaign, people);
      await insertTiers(app.context.knex, campaign, [{ patreon_id: '71' }]);
    }

    async function inOrder(column: string, direction: string, where = 'true'): Promise<number[]> {
      const client = new Client({ connectionString: app.databaseUrl });
      await client.connect();
      const { rows } = await client.query(
        `select id::int from patreon_members where ${where} order by ${column} ${direction} nulls last, id ${direction}`,
      );
      await client.end();
      return rows.map((row: { id: number }) => row.id);
    }

    it('meets everybody once, in the order that the database gives, in both directions and back again', async () => {
      await insertCrowd(170);
      for (const [sort, column] of Object.entries(COLUMNS)) {
        for (const [prefix, direction] of [
          ['', 'asc'],
          ['-', 'desc'],
        ] as const) {
          const expected = await inOrder(column, direction);
          const there = await walkList(owner, 'members', `/patreon/members/?sort=${prefix}${sort}`);
          expect([sort, direction, there.ids]).toEqual([sort, direction, expected]);
          expect(there.pages).toEqual([50, 50, 50, 20]);
          const back = await walkList(owner, 'members', there.last, 'prev');
          expect([sort, direction, back.ids]).toEqual([sort, direction, expected]);
        }
      }
    });

    it('does the same under a filter that is collected first', async () => {
      await insertCrowd(170);
      const tier = await app.context.knex('patreon_tiers').first('id');
      const expected = await inOrder(COLUMNS.joined, 'desc', `currently_entitled_tiers @> '{71}'`);
      const there = await walkList(owner, 'members', `/patreon/members/?sort=-joined&tier=${tier.id}`);
      expect(there.ids).toEqual(expected);
      expect((await walkList(owner, 'members', there.last, 'prev')).ids).toEqual(expected);
    });

    it('keeps the filters on the way, and leads no further than there are pages', async () => {
      const campaign = await insertCampaign(app.context.knex);
      await insertMembers(
        app.context.knex,
        campaign,
        Array.from({ length: 60 }, () => ({})),
      );
      const first = await read('/patreon/members/?status=active_patron&sort=amount');
      expect(first.link('next')).toMatch(/status=active_patron&sort=amount&after=/);
      expect(first.link('prev')).toBeUndefined();
      const second = await read(first.link('next') as string);
      expect([second.total, second.rows('members').length, second.link('next')]).toEqual([60, 10, undefined]);
      expect(second.link('prev')).toMatch(/status=active_patron&sort=amount&before=/);
    });
  });

  describe('with a wrong parameter', () => {
    const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

    it.each([
      ['kind=patron', 'There is no such kind of membership'],
      ['kind=__proto__', 'There is no such kind of membership'],
      ['campaign=x', 'There is no such campaign here'],
      ['campaign=999999', 'There is no such campaign here'],
      ['tier=-1', 'There is no such tier here'],
      ['tier=999999', 'There is no such tier here'],
      ['sort=email', 'The list cannot be sorted by that'],
      ['sort=constructor', 'The list cannot be sorted by that'],
      ['gone=yes', 'takes 1 or 0'],
      ['after=x', 'This page of the list cannot be found'],
      [`after=${cursor(['-name', 'Ada', 1])}`, 'This page of the list cannot be found'],
      [`sort=joined&after=${cursor(['joined', '2026-99-99 00:00:00+00', 1])}`, 'This page of the list cannot be found'],
      [`sort=joined&after=${cursor(['joined', 'now', 1])}`, 'This page of the list cannot be found'],
      [`sort=amount&after=${cursor(['amount', '1e999', 1])}`, 'This page of the list cannot be found'],
      [`before=${cursor(['name', null, 1.5])}`, 'This page of the list cannot be found'],
      [`status=${'x'.repeat(101)}`, 'A status is one word'],
      [`q=${'x'.repeat(101)}`, 'may have at most 100 characters'],
      ['q=%00', 'may have at most 100 characters'],
      ['kind=free&kind=patron', 'There is no such kind of membership'],
    ])('%s is answered 400, says what is wrong and leads back', async (query, message) => {
      const answer = await owner.get(`/patreon/members/?${query}`).expect(400);
      expect(readPage(answer.text).text).toContain(message);
      expect(answer.text).toContain('href="/patreon/members/"');
    });

    it('shows the form as it was sent, with what is wrong at its field, and no list', async () => {
      await insertMember(app.context.knex, await insertCampaign(app.context.knex));
      const query = 'kind=paying&q=ada&amount_min=cheap&joined_from=-30d&or1.changed_to=soon';
      const { text } = await owner.get(`/patreon/members/?${query}`).expect(400);
      const input = (name: string) =>
        new RegExp(`<input[^>]* name="${name.replace('.', '\\.')}"[^>]*>`).exec(text)?.[0];
      expect(input('amount_min')).toMatch(
        /value="cheap".*aria-invalid="true" aria-describedby="field-amount_min-error"/,
      );
      expect(text).toMatch(/id="field-amount_min-error">[\s\S]{0,200}An amount is a number/);
      expect(input('or1.changed_to')).toMatch(/value="soon".*aria-invalid="true"/);
      expect(text).toMatch(/id="field-or1-changed_to-error">[\s\S]{0,200}A day is a date/);
      expect(input('joined_from')).toMatch(/value="-30d"/);
      expect(input('joined_from')).not.toContain('aria-invalid');
      expect(input('q')).toContain('value="ada"');
      expect(text).toMatch(/name="kind" value="paying" checked/);
      expect(text).toMatch(/<details class="filters__more" id="member-conditions" open>/);
      expect(text).not.toContain('data-list="members"');
    });

    it.each([
      ['joined_from=2026-02-01&joined_to=2026-01-01', 'joined_to', 'before the one that the range begins with'],
      ['changed_from=today&changed_to=-1d', 'changed_to', 'before the one that the range begins with'],
      ['or1.amount_min=5,01&or1.amount_max=5', 'or1-amount_max', 'less than the amount that the range begins with'],
    ])('points out that %s is the wrong way round', async (query, field, message) => {
      const { text } = await owner.get(`/patreon/members/?${query}`).expect(400);
      expect(text).toMatch(new RegExp(`id="field-${field}-error">[\\s\\S]{0,200}${message}`));
    });

    it('takes ranges of one day, of one amount, and days counted from today that are the right way round', async () => {
      for (const query of [
        'joined_from=today&joined_to=today',
        'amount_min=5&amount_max=5.00',
        'joined_from=-2w&joined_to=-1d',
      ])
        await owner.get(`/patreon/members/?${query}`).expect(200);
    });

    it('never ends in an error of ours', async () => {
      await insertMember(app.context.knex, await insertCampaign(app.context.knex));
      const random = seededRandom(7);
      const pieces = [
        'campaign',
        'kind',
        'status',
        'tier',
        'q',
        'sort',
        'after',
        'before',
        'gone',
        'limit',
        '[]',
        'a.b',
      ];
      const values = [
        '1',
        '0',
        '-1',
        '',
        'name',
        '-name',
        'null',
        '%',
        '%25',
        '%00',
        '%ED%A0%80',
        '\u{1f98a}',
        "'",
        '"',
        '\\',
        '$1',
        '?',
        '99999999999999999999',
        cursor(['name', 'A', 1]),
      ];
      const oneOf = (list: string[]) => list[Math.floor(random() * list.length)] as string;
      for (let round = 0; round < 150; round += 1) {
        const query = Array.from(
          { length: 3 },
          () => `${oneOf(pieces)}=${encodeURI(oneOf(values)).replace(/%25(?=00|25|ED)/g, '%')}`,
        ).join('&');
        const { status } = await owner.get(`/patreon/members/?${query}`);
        expect([query, status < 500]).toEqual([query, true]);
      }
    });
  });

  it('answers htmx with the very table that the page holds', async () => {
    await insertMember(app.context.knex, await insertCampaign(app.context.knex));
    const page = await owner.get('/patreon/members/');
    const fragment = await owner.get('/patreon/members/', { 'HX-Request': 'true' }).expect(200);
    expect(fragment.text.trimStart()).toMatch(/^<section [^>]*id="member-list"/);
    expect(withoutToken(page.text)).toContain(withoutToken(fragment.text.trim()));
  });
});
