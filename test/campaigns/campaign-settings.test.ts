import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertPosts, insertTiers } from '../support/campaign-factories';
import { readPage } from '../support/page';

describe('the settings of a campaign', () => {
  let app: TestApp;
  let manager: SignedInVisitor;
  let viewer: SignedInVisitor;
  let id: number;

  beforeAll(async () => {
    app = await startTestApp();
    [manager, viewer] = [await app.signInAs('manager'), await app.signInAs('viewer')];
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    id = await insertCampaign(app.context.knex, { name: 'Quill & Co', url: 'https://www.patreon.com/quill' });
  });
  afterEach(() => deleteCampaigns(app.context.knex));

  const address = () => `/patreon/campaigns/${id}/edit/`;
  const stored = () => app.context.knex('campaign_settings').where({ campaign_id: id }).first();
  const CHOICES = {
    local_name: ' The quill ',
    colour: 'teal',
    time_zone: 'Europe/Paris',
    notes: 'Ask **Ada** first',
    is_scheduled: 'true',
    syncs_posts: 'true',
  };

  it('begin with the name that Patreon gave, UTC, and every sync', async () => {
    const page = readPage((await manager.get(address()).expect(200)).text);
    expect(page.values()).toMatchObject({
      local_name: '',
      colour: '',
      time_zone: '',
      is_scheduled: 'true',
      syncs_members: 'true',
      syncs_posts: 'true',
    });
    expect(page.field('name')).toBe('Quill & Co');
    expect(page.html).toContain('href="https://www.patreon.com/quill"');
    const aboveAttributes = page.html.slice(page.html.indexOf('id="mirrored"'), page.html.indexOf('<dl'));
    expect(aboveAttributes).toContain(`href="${address()}texts/"`);
  });

  it('are kept as they were given, and told to the audit log by their names alone', async () => {
    const answer = await manager.postForm(address(), CHOICES);
    expect([answer.status, answer.headers.location]).toEqual([303, address()]);
    expect(await stored()).toMatchObject({
      ...CHOICES,
      local_name: 'The quill',
      is_scheduled: true,
      syncs_members: false,
      syncs_posts: true,
      set_by: manager.staff.id,
    });
    const entry = await app.context.knex('audit_entries').where({ action: 'campaign.changed' }).first();
    expect(entry.details.fields.sort()).toEqual(['colour', 'local_name', 'notes', 'syncs_members', 'time_zone']);
    expect(JSON.stringify(entry.details)).not.toContain('Ada');
  });

  it('name the campaign wherever it is named', async () => {
    const [tier] = await insertTiers(app.context.knex, id, [{ title: 'Folio' }]);
    const [post] = await insertPosts(app.context.knex, id, [{ title: 'Hello' }]);
    await insertCampaign(app.context.knex, { name: 'Other' });
    await manager.postForm(address(), CHOICES);
    const places = [
      '/patreon/campaigns/',
      `/patreon/campaigns/${id}/`,
      '/patreon/tiers/',
      `/patreon/tiers/${tier}/`,
      '/patreon/posts/',
      `/patreon/posts/${post}/`,
      `/patreon/campaigns/${id}/members/`,
    ];
    for (const place of places) {
      const { text } = readPage((await viewer.get(place).expect(200)).text);
      expect([place, text.includes('The quill')]).toEqual([place, true]);
    }
    const { text } = readPage((await manager.get(`/patreon/campaigns/${id}/sync/`).expect(200)).text);
    expect(text).toContain('The quill');
  });

  it('sort the list of campaigns by the name that it shows', async () => {
    const other = await insertCampaign(app.context.knex, { name: 'Other' });
    await manager.postForm(address(), { ...CHOICES, local_name: 'Zebra' });
    const ids = async (sort: string) =>
      readPage((await viewer.get(`/patreon/campaigns/?sort=${sort}`)).text)
        .rows('campaigns')
        .map((row) => Number(row.id));
    expect(await ids('name')).toEqual([other, id]);
    expect(await ids('-name')).toEqual([id, other]);
  });

  it('give the campaign its colour', async () => {
    await manager.postForm(address(), CHOICES);
    const { html } = readPage((await viewer.get(`/patreon/campaigns/${id}/`)).text);
    expect(html).toMatch(/class="avatar avatar--c6 avatar--large"/);
  });

  it('tell times in the time zone of the campaign', async () => {
    await app.context.knex('patreon_campaigns').where({ id }).update({ created_at: '2026-01-01T23:30:00Z' });
    await manager.postForm(address(), CHOICES);
    const { text } = readPage((await viewer.get(`/patreon/campaigns/${id}/`)).text);
    expect(text).toContain('Jan 2, 2026, 12:30');
    expect(text).toContain('Times are in the time zone of the campaign: Europe/Paris.');
    expect(readPage((await viewer.get('/patreon/campaigns/')).text).text).toContain('All times are in UTC.');
  });

  it('hold notes that editors read and viewers do not, without anything that could act', async () => {
    await manager.postForm(address(), { ...CHOICES, notes: '**Careful** <script>alert(1)</script>' });
    const editor = await app.signInAs('editor');
    const { html } = readPage((await editor.get(`/patreon/campaigns/${id}/`)).text);
    expect(html).toContain('<strong>Careful</strong>');
    expect(html).not.toContain('<script>alert');
    expect((await viewer.get(`/patreon/campaigns/${id}/`)).text).not.toContain('Careful');
  });

  it.each([
    ['local_name', 'x'.repeat(101)],
    ['local_name', 'a\0b'],
    ['colour', 'mauve'],
    ['time_zone', 'Mars/Olympus'],
    ['time_zone', '+02:00'],
    ['time_zone', 'x'.repeat(5_000)],
    ['notes', 'x'.repeat(10_001)],
  ])('refuse a %s that they cannot keep, and show what was typed', async (field, value) => {
    const answer = await manager.postForm(address(), { ...CHOICES, [field]: value });
    expect(answer.status).toBe(422);
    const page = readPage(answer.text);
    expect(page.html).toContain(`id="field-${field}-error"`);
    expect(page.values().syncs_members).toBeUndefined();
    expect(await stored()).toBeUndefined();
  });

  it('are not there for a campaign that is not', async () => {
    await manager.get('/patreon/campaigns/987654/edit/').expect(404);
    expect((await manager.postForm('/patreon/campaigns/987654/edit/', CHOICES)).status).toBe(404);
  });

  it('are for managers and owners', async () => {
    await viewer.get(address()).expect(403);
    expect((await viewer.postForm(address(), CHOICES)).status).toBe(403);
    expect((await viewer.get(`/patreon/campaigns/${id}/`)).text).not.toContain('/edit/');
  });
});
