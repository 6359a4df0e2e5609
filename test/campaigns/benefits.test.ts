import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertBenefits, insertCampaign, insertTiers } from '../support/campaign-factories';
import { readPage } from '../support/page';
import { walkList } from '../support/walk';

describe('GET /patreon/benefits/', () => {
  let app: TestApp;
  let viewer: SignedInVisitor;

  beforeAll(async () => {
    app = await startTestApp();
    viewer = await app.signInAs('viewer');
  });
  afterAll(() => app.close());
  afterEach(() => deleteCampaigns(app.context.knex));

  const read = async (query = '') => readPage((await viewer.get(`/patreon/benefits/${query}`).expect(200)).text);
  const ids = async (query = '') => (await read(query)).rows('benefits').map((row) => Number(row.id));

  it('says what to do while there is no benefit', async () => {
    const page = await read();
    expect([page.total, page.text.includes('Benefits come with the campaign at the next sync.')]).toEqual([0, true]);
  });

  it('shows a row for each with the tiers that have it and its deliveries', async () => {
    const { knex } = app.context;
    const campaign = await insertCampaign(knex, { name: 'Quill' });
    const other = await insertCampaign(knex, { name: 'Other' });
    const [tier] = await insertTiers(knex, campaign, [{ title: 'Folio', benefits: ['61'] }, { title: 'None' }]);
    // Nobody promises that an id is unique over campaigns.
    await insertTiers(knex, other, [{ title: 'Foreign', benefits: ['61'] }]);
    await insertBenefits(knex, campaign, [
      {
        patreon_id: '61',
        title: 'Printed folio',
        benefit_type: 'physical',
        deliverables_due_today_count: 4,
        not_delivered_deliverables_count: 17,
        delivered_deliverables_count: 230,
        next_deliverable_due_date: '2026-07-01T00:00:00Z',
      },
    ]);
    const [row] = (await read()).rows('benefits');
    expect(row?.patreonId).toBe('61');
    expect(row?.text).toBe('Printed folio Type: physical Quill Folio Jul 1, 2026 4 17 230 Offered');
    expect(row?.html).toContain(`href="/patreon/tiers/${tier}/"`);
  });

  it('stands beside the list of tiers, each a tab of the other', async () => {
    for (const [path, here] of [
      ['/patreon/tiers/', 'tiers'],
      ['/patreon/benefits/', 'benefits'],
    ] as const) {
      const { text } = await viewer.get(path).expect(200);
      const [bar = ''] = /<nav class="tabs"[\s\S]*?<\/nav>/.exec(text) ?? [];
      const tabs = [...bar.matchAll(/<a href="\/patreon\/(tiers|benefits)\/"( aria-current="page")?>/g)];
      expect(tabs.map(([, id, current]) => [id, current !== undefined])).toEqual([
        ['tiers', here === 'tiers'],
        ['benefits', here === 'benefits'],
      ]);
    }
  });

  it('shows benefits of which Patreon tells nothing', async () => {
    await insertBenefits(app.context.knex, await insertCampaign(app.context.knex), [{}]);
    expect((await read()).rows('benefits')[0]?.text).toBe('Untitled benefit None – – – – Offered');
  });

  it('filters by campaign, title and state; the gone ones are shown only when asked for', async () => {
    const { knex } = app.context;
    const [one, two] = [await insertCampaign(knex, { name: 'One' }), await insertCampaign(knex, { name: 'Two' })];
    const [offered, ended, deleted, gone] = await insertBenefits(knex, one, [
      { title: 'A 100% offer' },
      { title: 'B', is_ended: true },
      { title: 'C', is_ended: true, is_deleted: true },
      { title: 'D', gone_at: '2026-01-01' },
    ]);
    const [elsewhere] = await insertBenefits(knex, two, [{ title: 'E 1000' }]);
    expect(await ids()).toEqual([offered, ended, deleted, elsewhere]);
    expect(await ids('?state=offered')).toEqual([offered, elsewhere]);
    expect(await ids('?state=ended')).toEqual([ended]);
    expect(await ids('?state=deleted')).toEqual([deleted]);
    expect(await ids('?state=gone')).toEqual([gone]);
    expect(await ids(`?campaign=${two}`)).toEqual([elsewhere]);
    expect(await ids('?q=100%25')).toEqual([offered]);
    expect((await read('?q=zzz')).text).toContain('No benefit matches');
  });

  it('walks through many by title, both ways', async () => {
    const campaign = await insertCampaign(app.context.knex);
    const titles = Array.from({ length: 55 }, (_, n) => ({ title: `Benefit ${String(n).padStart(2, '0')}` }));
    const expected = await insertBenefits(app.context.knex, campaign, titles);
    const forth = await walkList(viewer, 'benefits', '/patreon/benefits/');
    expect(forth.ids).toEqual(expected);
    expect((await walkList(viewer, 'benefits', forth.last, 'prev')).ids).toEqual(expected);
  });

  it.each(['state=maybe', 'campaign=x', 'campaign=987654', 'sort=type', 'after=x', 'q=a%00'])(
    'answers 400 to ?%s',
    async (query) => {
      await viewer.get(`/patreon/benefits/?${query}`).expect(400);
    },
  );
});
