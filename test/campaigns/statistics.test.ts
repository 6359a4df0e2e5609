import { countStatistics } from '../../src/apps/campaigns/campaign-statistics.service';
import { joinedByMonth } from '../../src/apps/campaigns/statistics-rows';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertTiers } from '../support/campaign-factories';
import { insertMembers } from '../support/factories';
import { type Page, readPage } from '../support/page';

const NOW = '2026-06-15T12:00:00Z';

describe('GET /patreon/campaigns/{id}/statistics/', () => {
  let app: TestApp;
  let viewer: SignedInVisitor;
  let id: number;
  let folio: number;

  beforeAll(async () => {
    app = await startTestApp({ clock: { now: () => new Date(NOW) } });
    viewer = await app.signInAs('viewer');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    id = await insertCampaign(app.context.knex, { name: 'Quill' });
    [folio] = (await insertTiers(app.context.knex, id, [
      { patreon_id: '71', title: 'Folio' },
      { patreon_id: '72', title: 'Empty' },
    ])) as [number, number];
  });
  afterEach(() => deleteCampaigns(app.context.knex));

  const here = () => `/patreon/campaigns/${id}/statistics/`;
  const read = async (): Promise<Page> => readPage((await viewer.get(here()).expect(200)).text);
  /** The values of one of its tables by what their rows are about. */
  const valuesOf = (page: Page, list: string) =>
    Object.fromEntries(page.rows(list).map(({ id: row, attributes }) => [row, Number(attributes['data-value'])]));
  /** How many members the list behind the link of a figure shows. */
  const behind = async (href: string | undefined) =>
    readPage((await viewer.get((href ?? '').replaceAll('&amp;', '&')).expect(200)).text).total;
  const linkIn = (html: string | undefined) =>
    /href="(\/patreon\/campaigns\/\d+\/members\/[^"]+)"/.exec(html ?? '')?.[1];

  const MEMBERS = [
    { pledge_relationship_start: '2026-06-01T00:00:00Z', currently_entitled_tiers: ['71'] },
    { pledge_relationship_start: '2026-05-31T23:59:59Z', currently_entitled_tiers: ['71', '99'], pledge_cadence: 12 },
    { pledge_relationship_start: '2026-05-01T00:00:00Z', pledge_cadence: 12 },
    { pledge_relationship_start: '2019-05-01T00:00:00Z' },
    { pledge_relationship_start: null, pledge_cadence: null },
    { pledge_relationship_start: '2026-05-02T00:00:00Z', currently_entitled_tiers: ['71'], gone_at: '2026-06-01' },
  ];

  it('says that there is nobody to count yet', async () => {
    const page = await read();
    expect(page.text).toContain('There are no members to count yet.');
    expect(valuesOf(page, 'tier-statistics')).toEqual({ [folio]: 0, [folio + 1]: 0 });
  });

  it('counts by tier, time between charges and month of joining', async () => {
    await insertMembers(app.context.knex, id, MEMBERS);
    const page = await read();
    const tiers = page
      .rows('tier-statistics')
      .map(({ patreonId, attributes }) => [patreonId, attributes['data-value']]);
    expect(tiers).toEqual([
      ['71', '2'],
      ['72', '0'],
      ['99', '1'],
      ['', '3'],
    ]);
    const cadences = [...page.html.matchAll(/data-cadence="(\d*)" data-value="(\d+)"/g)].map(([, c, n]) => [c, n]);
    expect(cadences).toEqual([
      ['1', '2'],
      ['12', '2'],
      ['', '1'],
    ]);
    const months = valuesOf(page, 'joined-months');
    expect([months['2026-06'], months['2026-05'], months['2026-04'], months.earlier]).toEqual([1, 2, 0, 1]);
    expect(Object.keys(months)).toHaveLength(25);
  });

  it('leads from each figure to exactly the people behind it', async () => {
    await insertMembers(app.context.knex, id, MEMBERS);
    const page = await read();
    const rows = [...page.rows('joined-months'), ...page.rows('tier-statistics')];
    let followed = 0;
    for (const { html, attributes } of rows) {
      const href = linkIn(html);
      if (href === undefined || attributes['data-value'] === '0') continue;
      expect([href, await behind(href)]).toEqual([href, Number(attributes['data-value'])]);
      followed += 1;
    }
    expect(followed).toBe(4);
    const yearly = /href="([^"]+\?cadence=12)"/.exec(page.html)?.[1];
    expect(await behind(yearly)).toBe(2);
  });

  it('shows a large campaign as a job counted it, and asks for a new count when that is old', async () => {
    const { knex } = app.context;
    await knex('patreon_member_counts').insert({
      campaign_id: id,
      kind: 'free',
      patron_status: 'none',
      gone: false,
      members: 1_000_000,
      monthly_cents: 0,
    });
    const jobs = async () => (await knex.raw('select key from graphile_worker.jobs')).rows;
    const first = await read();
    expect(first.text).toContain('counted for the first time');
    expect(first.html).toContain('hx-trigger="load delay:3s"');
    expect(await jobs()).toEqual([{ key: `count-campaign:${id}` }]);
    await insertMembers(knex, id, MEMBERS);
    await countStatistics(app.context, id);
    await knex.raw('delete from graphile_worker._private_jobs');
    const counted = await read();
    expect(valuesOf(counted, 'tier-statistics')[folio]).toBe(2);
    expect(counted.html).not.toContain('hx-trigger="load delay:3s"');
    expect(await jobs()).toEqual([]);
    await knex('campaign_statistics').update({ counted_at: '2026-06-15T10:00:00Z' });
    const old = await read();
    expect(valuesOf(old, 'tier-statistics')[folio]).toBe(2);
    expect(await jobs()).toHaveLength(1);
  });

  it('answers htmx with the figures alone', async () => {
    const { text } = await viewer.get(here(), { 'hx-request': 'true' }).expect(200);
    expect(text.trimStart()).toMatch(/^<div class="stack" id="statistics"/);
  });

  it('is not there for a campaign that is not', async () => {
    await viewer.get('/patreon/campaigns/987654/statistics/').expect(404);
  });
});

describe('the months of joining', () => {
  it('are the last two years, whatever the day of the month', () => {
    const { rows, earlier } = joinedByMonth({ months: [['2024-02', 3]] }, new Date('2026-01-31T23:59:59Z'));
    expect([rows.length, rows[0]?.from, rows.at(-1)]).toEqual([
      24,
      '2024-02-01',
      { from: '2026-01-01', to: '2026-01-31', members: 0 },
    ]);
    expect([rows[0]?.members, rows[0]?.to, earlier]).toEqual([3, '2024-02-29', 0]);
  });
});
