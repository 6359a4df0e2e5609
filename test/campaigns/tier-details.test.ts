import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertTiers } from '../support/campaign-factories';
import { readPage } from '../support/page';

describe('tiers in detail', () => {
  let app: TestApp;
  let viewer: SignedInVisitor;
  let campaign: number;

  beforeAll(async () => {
    app = await startTestApp();
    viewer = await app.signInAs('viewer');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    campaign = await insertCampaign(app.context.knex, { currency: 'USD' });
  });
  afterEach(() => deleteCampaigns(app.context.knex));

  const read = async (path: string) => readPage((await viewer.get(path).expect(200)).text);
  const change = (id: number, values: object) => app.context.knex('patreon_tiers').where({ id }).update(values);
  const today = () => new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date());

  /** The sentences of a tier's history, latest first. */
  async function history(id: number): Promise<string[]> {
    const { html } = await read(`/patreon/tiers/${id}/`);
    const items = [...html.matchAll(/<li data-change="\d+" data-changed-field="\w*"><bdi>(.*?)<\/bdi>/g)];
    return items.map(([, text = '']) => text.replaceAll('&#34;', '"'));
  }

  it('tells what changed about a tier in sentences, latest first', async () => {
    const [id] = (await insertTiers(app.context.knex, campaign, [
      { title: 'Folio', amount_cents: 500, user_limit: null, published: true },
    ])) as [number];
    const steps: [object, string][] = [
      [{ amount_cents: 700 }, 'Price raised from $5.00 to $7.00'],
      [{ amount_cents: 650 }, 'Price lowered from $7.00 to $6.50'],
      [{ amount_cents: null }, 'Patreon no longer told the price'],
      [{ amount_cents: 600 }, 'Price set to $6.00'],
      [{ title: 'Grand folio' }, 'Renamed from “Folio” to “Grand folio”'],
      [{ title: '' }, 'Renamed from “Grand folio” to “Untitled tier”'],
      [{ user_limit: 1000 }, 'Limited to 1,000 places'],
      [{ user_limit: 1200 }, 'Places raised from 1,000 to 1,200'],
      [{ user_limit: 20 }, 'Places lowered from 1,200 to 20'],
      [{ user_limit: null }, 'No longer limited'],
      [{ published: false }, 'Unpublished'],
      [{ published: true }, 'Published'],
      [{ published: null }, 'Patreon no longer told whether it is published'],
      [{ benefits: ['1', '2'] }, 'Benefits changed'],
      [{ gone_at: '2026-01-01' }, 'Patreon no longer named it'],
      [{ gone_at: null }, 'Patreon named it again'],
    ];
    for (const [values] of steps) await change(id, values);
    const told = await history(id);
    expect(told.at(-1)).toBe(`First read on ${today()}.`);
    const expected = [...steps].reverse().map(([, beginning]) => beginning);
    expect(told.slice(0, -1).map((sentence, place) => sentence.startsWith(expected[place] ?? '?'))).toEqual(
      expected.map(() => true),
    );
    expect(told).toContain(`Price raised from $5.00 to $7.00 on ${today()}.`);
  });

  it('does not tell of every new patron, nor let them push out what matters', async () => {
    const [id] = (await insertTiers(app.context.knex, campaign, [{ title: 'Folio', amount_cents: 500 }])) as [number];
    await change(id, { amount_cents: 600 });
    for (let patrons = 1; patrons <= 60; patrons += 1)
      await change(id, { patron_count: patrons, remaining: 100 - patrons });
    expect(await history(id)).toEqual([`Price raised from $5.00 to $6.00 on ${today()}.`, `First read on ${today()}.`]);
  });

  it('shows titles as text', async () => {
    const [id] = (await insertTiers(app.context.knex, campaign, [{ title: 'a' }])) as [number];
    await change(id, { title: '<img src=x onerror=alert(1)>' });
    expect((await read(`/patreon/tiers/${id}/`)).html).not.toContain('<img src=x');
  });

  it('filters by whether a tier is published and how full it is', async () => {
    const ids = (await insertTiers(app.context.knex, campaign, [
      { amount_cents: 1, published: true, user_limit: 10, remaining: 0 },
      { amount_cents: 2, published: true, user_limit: 100, remaining: 10 },
      { amount_cents: 3, published: false, user_limit: 100, remaining: 11 },
      { amount_cents: 4, user_limit: 0, remaining: null },
      { amount_cents: 5 },
    ])) as [number, number, number, number, number];
    const [full, nearly, left, odd, unlimited] = ids;
    const found = async (query: string) =>
      (await read(`/patreon/tiers/?${query}`)).rows('tiers').map((row) => Number(row.id));
    expect(await found('places=full')).toEqual([full]);
    expect(await found('places=nearly')).toEqual([nearly]);
    expect(await found('places=left')).toEqual([nearly, left]);
    expect(await found('places=unlimited')).toEqual([unlimited]);
    expect(await found('published=yes')).toEqual([full, nearly]);
    expect(await found('published=no')).toEqual([left]);
    expect(await found('published=unknown')).toEqual([odd, unlimited]);
    expect(await found('published=yes&places=left')).toEqual([nearly]);
    expect(await found('')).toEqual(ids);
  });

  it('says which tiers are full or nearly so', async () => {
    await insertTiers(app.context.knex, campaign, [
      { amount_cents: 1, user_limit: 10, remaining: 0 },
      { amount_cents: 2, user_limit: 10, remaining: 1 },
      { amount_cents: 3, user_limit: 10, remaining: 2 },
    ]);
    const rows = (await read('/patreon/tiers/')).rows('tiers');
    expect(rows.map(({ html }) => /data-places="(\w+)"/.exec(html)?.[1])).toEqual(['full', 'nearly', undefined]);
  });

  it.each(['published=maybe', 'places=some', 'places=full&places=left'])('answers 400 to ?%s', async (query) => {
    await viewer.get(`/patreon/tiers/?${query}`).expect(400);
  });
});
