import type { SignedInVisitor, TestApp } from '../support/app';
import { startTestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertTiers } from '../support/campaign-factories';
import { readPage } from '../support/page';
import { seededRandom } from '../support/seeded-random';
import { walkList } from '../support/walk';

const COLUMNS = { amount: 'amount_cents', title: `nullif(title, '') collate "und-x-icu"`, members: 'patron_count' };

describe('GET /patreon/tiers/', () => {
  let app: TestApp;
  let viewer: SignedInVisitor;

  beforeAll(async () => {
    app = await startTestApp();
    viewer = await app.signInAs('viewer');
  });

  afterAll(() => app.close());
  afterEach(() => deleteCampaigns(app.context.knex));

  const read = async (path: string) => readPage((await viewer.get(path).expect(200)).text);

  it('sends somebody who is not signed in to the sign-in page', async () => {
    const answer = await app.visitor().get('/patreon/tiers/');
    expect([answer.status, answer.headers.location]).toEqual([303, '/login/?next=%2Fpatreon%2Ftiers%2F']);
  });

  it('says what to do while there is no tier', async () => {
    const page = await read('/patreon/tiers/');
    expect(page.total).toBe(0);
    expect(page.text).toContain('Tiers come with the campaign at the next sync.');
  });

  it('shows a row for each live tier with its price in the currency of its campaign', async () => {
    const euros = await insertCampaign(app.context.knex, { name: 'Ink', currency: 'EUR' });
    const [id] = await insertTiers(app.context.knex, euros, [
      {
        patreon_id: '71',
        title: 'Folio',
        amount_cents: 1500,
        patron_count: 9,
        user_limit: 20,
        remaining: 11,
        published: true,
      },
      { title: 'Deleted', gone_at: '2026-01-01' },
    ]);
    // With more than one campaign, each row says whose it is.
    await insertCampaign(app.context.knex, { name: 'Other' });
    const page = await read('/patreon/tiers/');
    const rows = page.rows('tiers');
    expect(rows.map((row) => [row.id, row.patreonId])).toEqual([[String(id), '71']]);
    expect(page.total).toBe(1);
    for (const text of ['Folio', '€15.00', '9', '11 of 20 left', 'Published', 'Ink'])
      expect(rows[0]?.text).toContain(text);
    expect(rows[0]?.html).toMatch(/<meter [^>]*max="20" value="9"/);
  });

  it('shows tiers without any value', async () => {
    const campaign = await insertCampaign(app.context.knex);
    await insertTiers(app.context.knex, campaign, [{}]);
    expect((await read('/patreon/tiers/')).rows('tiers')[0]?.text).toContain('Untitled tier');
  });

  it('shows what is gone only when it is asked for', async () => {
    const campaign = await insertCampaign(app.context.knex);
    const [, gone] = await insertTiers(app.context.knex, campaign, [
      { title: 'Here' },
      { title: 'Left', gone_at: '2026-01-01' },
    ]);
    const page = await read('/patreon/tiers/?gone=1');
    expect(page.rows('tiers').map((row) => row.id)).toEqual([String(gone)]);
    expect(page.rows('tiers')[0]?.text).toContain('Gone');
  });

  it('filters by campaign and by part of the title, and offers to clear what matches nothing', async () => {
    const { knex } = app.context;
    const one = await insertCampaign(knex, { name: 'One' });
    const two = await insertCampaign(knex, { name: 'Two' });
    await insertTiers(knex, one, [{ title: 'Gold' }, { title: '100% wool' }]);
    await insertTiers(knex, two, [{ title: 'GOLDEN hour' }, { title: '1000 wool' }]);
    const titles = async (query: string) =>
      (await read(`/patreon/tiers/${query}`)).rows('tiers').map((row) => /<bdi>(.*?)<\/bdi>/.exec(row.html)?.[1]);
    expect(await titles('?q=gold&sort=title')).toEqual(['Gold', 'GOLDEN hour']);
    expect(await titles(`?campaign=${two}&q=gold`)).toEqual(['GOLDEN hour']);
    expect(await titles('?q=100%25')).toEqual(['100% wool']);
    const nothing = await read('/patreon/tiers/?q=silver');
    expect(nothing.total).toBe(0);
    expect(nothing.text).toContain('No tier matches');
  });

  it('shows only the tiers of the campaign at the address of a campaign', async () => {
    const { knex } = app.context;
    const [one, two] = [await insertCampaign(knex, { name: 'One' }), await insertCampaign(knex, { name: 'Two' })];
    const [own] = await insertTiers(knex, one, [{ title: 'Mine' }]);
    await insertTiers(knex, two, [{ title: 'Other' }]);
    const page = await read(`/patreon/campaigns/${one}/tiers/?campaign=${two}`);
    expect(page.rows('tiers').map((row) => row.id)).toEqual([String(own)]);
    await viewer.get('/patreon/campaigns/999999/tiers/').expect(404);
  });

  it('keeps filters in the addresses of its heads and neighbours', async () => {
    const campaign = await insertCampaign(app.context.knex);
    await insertTiers(
      app.context.knex,
      campaign,
      Array.from({ length: 60 }, (_, i) => ({ title: `Tier ${i}` })),
    );
    const page = await read(`/patreon/tiers/?campaign=${campaign}&q=tier&sort=-title`);
    const next = new URL(page.link('next') ?? '', 'http://x');
    expect(Object.fromEntries(next.searchParams)).toMatchObject({
      campaign: String(campaign),
      q: 'tier',
      sort: '-title',
    });
    expect(page.html).toMatch(/aria-sort="descending"/);
  });

  describe('page by page', () => {
    it.each(['amount', '-amount', 'title', '-title', 'members', '-members'])(
      'walks in SQL’s order by %s, both ways',
      async (sort) => {
        const { knex } = app.context;
        const campaign = await insertCampaign(knex);
        const random = seededRandom(sort.length);
        const maybe = (value: unknown) => (random() < 0.2 ? null : value);
        const tiers = Array.from({ length: 173 }, () => ({
          amount_cents: maybe(Math.floor(random() * 5) * 100),
          patron_count: maybe(Math.floor(random() * 4)),
          title: maybe(['é', 'e', 'E', 'ß', 'ss', '水', '', 'Z'][Math.floor(random() * 8)]),
        }));
        await insertTiers(knex, campaign, tiers);
        const direction = sort.startsWith('-') ? 'desc' : 'asc';
        const column = COLUMNS[sort.replace('-', '') as keyof typeof COLUMNS];
        const expected = await knex('patreon_tiers')
          .orderByRaw(`${column} ${direction} nulls last, id ${direction}`)
          .pluck('id');
        const forth = await walkList(viewer, 'tiers', `/patreon/tiers/?sort=${sort}`);
        expect(forth.ids).toEqual(expected);
        expect(forth.pages).toEqual([50, 50, 50, 23]);
        const back = await walkList(viewer, 'tiers', forth.last, 'prev');
        expect(back.ids).toEqual(expected);
      },
    );
  });

  describe('with wrong parameters', () => {
    it.each([
      ['sort=price', 'cannot be sorted'],
      ['sort=amount%20desc', 'cannot be sorted'],
      ['campaign=abc', 'no such campaign'],
      ['campaign=0', 'no such campaign'],
      ['campaign=424242', 'no such campaign'],
      ['campaign=999999999999999', 'no such campaign'],
      ['after=nonsense', 'page of the list'],
      ['before=%00', 'page of the list'],
      ['after=WyJ0aXRsZSIsImEiLDFd', 'page of the list'],
      ['after=WyJhbW91bnQiLCJhIiwxXQ', 'page of the list'],
      ['after=WyJhbW91bnQiLCIxIiwtMV0', 'page of the list'],
      ['after=WyJhbW91bnQiLCIxIiwxXQ&before=WyJhbW91bnQiLCIxIiwxXQ', 'page of the list'],
      [`q=${'a'.repeat(101)}`, 'at most 100 characters'],
      ['q=a%00b', 'at most 100 characters'],
      ['gone=yes', 'takes 1 or 0'],
      ['sort=x&sort=y', 'cannot be sorted'],
    ])('answers 400 to ?%s, says why and how to go on', async (query, why) => {
      const answer = await viewer.get(`/patreon/tiers/?${query}`);
      expect(answer.status).toBe(400);
      expect(readPage(answer.text).text).toContain(why);
      expect(answer.text).toContain('href="/patreon/tiers/"');
    });

    it('names every wrong parameter at once', async () => {
      const { text } = readPage((await viewer.get('/patreon/tiers/?sort=x&campaign=y&gone=z').expect(400)).text);
      for (const why of ['cannot be sorted', 'no such campaign', 'takes 1 or 0']) expect(text).toContain(why);
    });

    it('passes over parameters that it does not know, and empty ones', async () => {
      await viewer.get('/patreon/tiers/?utm=1&campaign=&q=&sort=&after=&gone=').expect(200);
    });
  });

  it('answers htmx with a fragment that stands in the page word for word', async () => {
    const campaign = await insertCampaign(app.context.knex);
    await insertTiers(app.context.knex, campaign, [{ title: 'Ink' }]);
    const page = await viewer.get('/patreon/tiers/').expect(200);
    const fragment = await viewer.get('/patreon/tiers/', { 'HX-Request': 'true' }).expect(200);
    expect(fragment.text).not.toContain('<html');
    expect(page.text).toContain(fragment.text.trim());
  });

  it('speaks French to those who prefer it', async () => {
    await app.context.knex('staff').where({ id: viewer.staff.id }).update({ locale: 'fr' });
    const { text } = await read('/patreon/tiers/');
    await app.context.knex('staff').where({ id: viewer.staff.id }).update({ locale: 'en' });
    expect(text).toContain('Les niveaux arrivent avec la campagne');
  });
});
