import type { Role } from '../../src/policy';
import { insertCredential } from '../connections/connection-fixtures';
import type { SignedInVisitor, TestApp } from '../support/app';
import { startTestApp } from '../support/app';
import {
  deleteCampaigns,
  insertBenefits,
  insertCampaign,
  insertMembersOfKind,
  insertPosts,
  insertTiers,
} from '../support/campaign-factories';
import { type Page, readPage } from '../support/page';
import { sample } from '../support/scripted-patreon';
import { walkList } from '../support/walk';

interface CampaignSample {
  data: { id: string; attributes: Record<string, unknown> };
  included: { type: string; id: string; attributes: Record<string, unknown> }[];
}

const USER_FIELDS = ['full_name', 'image_url', 'url', 'vanity'];

describe('campaigns', () => {
  let app: TestApp;
  let visitors: Record<Role, SignedInVisitor>;

  beforeAll(async () => {
    app = await startTestApp();
    visitors = await app.signInEverybody();
  });

  afterAll(() => app.close());
  afterEach(() => deleteCampaigns(app.context.knex));

  const read = async (path: string, role: Role = 'viewer') =>
    readPage((await visitors[role].get(path).expect(200)).text);

  it('tells why the list is empty where all of them are ignored, for Patreon is connected then', async () => {
    const { knex } = app.context;
    await knex('ignored_campaigns').insert({ patreon_id: '9001', campaign_id: 1, name: 'Quill' });
    const { id } = await insertCredential(app.context);
    const pages = await Promise.all((['owner', 'viewer'] as const).map((role) => read('/patreon/campaigns/', role)));
    const dashboard = await read('/patreon/', 'owner');
    await knex('ignored_campaigns').delete();
    await knex('patreon_credentials').where({ id }).delete();
    expect(dashboard.text).toContain('All campaigns are ignored');
    expect(dashboard.text).not.toContain('Nothing has been read yet');
    expect(pages.map(({ text }) => /All campaigns are ignored/.test(text))).toEqual([true, true]);
    expect(pages.map(({ text }) => /connect Patreon/i.test(text))).toEqual([false, false]);
    expect((await read('/patreon/campaigns/', 'owner')).text).toContain('Connect Patreon');
  });

  describe('GET /patreon/campaigns/', () => {
    it('leads those who may connect Patreon there, and tells others whom to ask', async () => {
      const owner = await read('/patreon/campaigns/', 'owner');
      expect(owner.html).toContain('class="button button--primary" href="/admin/patreon/patreoncredential/"');
      const editor = await read('/patreon/campaigns/', 'editor');
      expect(editor.text).toContain('An owner has to connect Patreon.');
      expect([owner.total, editor.total]).toEqual([0, 0]);
    });

    it('shows a row for each campaign with what hangs on it', async () => {
      const { knex } = app.context;
      const id = await insertCampaign(knex, { patreon_id: '9001', name: 'Quill & Co', patron_count: 38 });
      await insertTiers(knex, id, [{}, {}, { gone_at: '2026-01-01' }]);
      await insertPosts(knex, id, [{}, {}, {}, { gone_at: '2026-01-01' }]);
      await insertMembersOfKind(knex, id, 'paying', 5);
      await insertMembersOfKind(knex, id, 'former', 2);
      await insertMembersOfKind(knex, id, 'free', 4, { gone_at: '2026-01-01' });
      const page = await read('/patreon/campaigns/');
      const [row] = page.rows('campaigns');
      expect([row?.id, row?.patreonId, page.total]).toEqual([String(id), '9001', 1]);
      expect(row?.text).toContain('Quill & Co 38 7 Paying 5 Former 2 2 3');
    });

    it('calls a campaign without a name by the best that it has', async () => {
      const { knex } = app.context;
      await insertCampaign(knex, { name: ' ', vanity: 'inkwell', creation_name: 'letters' });
      await insertCampaign(knex, { creator_full_name: 'Marlow Quill' });
      await insertCampaign(knex, { creation_name: 'field guides' });
      await insertCampaign(knex, { patreon_id: '424242' });
      const names = (await read('/patreon/campaigns/'))
        .rows('campaigns')
        .map((row) => /<bdi>(.*?)<\/bdi>/.exec(row.html)?.[1]);
      expect(names).toEqual(['424242', 'field guides', 'inkwell', 'Marlow Quill']);
    });

    it('walks through many, both ways, and hides what is gone', async () => {
      const { knex } = app.context;
      const expected: number[] = [];
      for (let n = 0; n < 55; n += 1) {
        expected.push(await insertCampaign(knex, { name: `Campaign ${String(n).padStart(2, '0')}` }));
      }
      const gone = await insertCampaign(knex, { name: 'Left', gone_at: '2026-01-01' });
      const forth = await walkList(visitors.viewer, 'campaigns', '/patreon/campaigns/');
      expect(forth.ids).toEqual(expected);
      expect((await walkList(visitors.viewer, 'campaigns', forth.last, 'prev')).ids).toEqual(expected);
      expect((await read('/patreon/campaigns/?gone=1')).rows('campaigns').map((row) => row.id)).toEqual([String(gone)]);
    });

    it('sorts by members, and by money for those who may see it', async () => {
      const { knex } = app.context;
      const few = await insertCampaign(knex, { name: 'Few', currency: 'EUR' });
      const none = await insertCampaign(knex, { name: 'None' });
      const many = await insertCampaign(knex, { name: 'Many', currency: 'EUR' });
      await insertMembersOfKind(knex, few, 'paying', 1, { monthly_cents: 9_999 });
      await insertMembersOfKind(knex, many, 'free', 3);
      const ids = async (query: string) =>
        (await read(`/patreon/campaigns/?${query}`, 'manager')).rows('campaigns').map((row) => Number(row.id));
      expect(await ids('sort=-members')).toEqual([many, few, none]);
      expect(await ids('sort=members')).toEqual([none, few, many]);
      expect((await ids('sort=-monthly'))[0]).toBe(few);
      expect((await read('/patreon/campaigns/', 'manager')).text).toContain('€99.99');
      await visitors.viewer.get('/patreon/campaigns/?sort=-monthly').expect(400);
      const seen = await read('/patreon/campaigns/');
      expect([seen.text.includes('99.99'), seen.html.includes('monthly')]).toEqual([false, false]);
    });

    it.each(['sort=patrons', 'gone=maybe', 'after=x', 'before=%00'])('answers 400 to ?%s', async (query) => {
      const answer = await visitors.viewer.get(`/patreon/campaigns/?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('href="/patreon/campaigns/"');
    });
  });

  describe('GET /patreon/campaigns/{id}/', () => {
    it('carries every attribute of Patreon’s sample, of the campaign and of its creator, as it was sent', async () => {
      const { data, included } = sample<CampaignSample>('campaign.get.200');
      const creator = included.find(({ type }) => type === 'user')?.attributes ?? {};
      const columns = Object.fromEntries(Object.entries(creator).map(([name, value]) => [`creator_${name}`, value]));
      const id = await insertCampaign(app.context.knex, { ...data.attributes, ...columns });
      const page = await read(`/patreon/campaigns/${id}/`);
      expect(part(page, 'campaign')).toEqual(asShown(data.attributes));
      expect(part(page, 'user')).toEqual(asShown(creator));
    });

    it('shows every attribute that Patreon left empty as empty', async () => {
      const { data } = sample<CampaignSample>('campaign.get.200');
      const page = await read(`/patreon/campaigns/${await insertCampaign(app.context.knex)}/`);
      const empty = (names: string[]) => Object.fromEntries(names.map((name) => [name, '']));
      expect(part(page, 'campaign')).toEqual(empty(Object.keys(data.attributes)));
      expect(part(page, 'user')).toEqual(empty(USER_FIELDS));
    });

    it('shows Patreon’s HTML without what could act', async () => {
      const summary = '<p>Guides<script>alert(1)</script> <a href="javascript:alert(1)">here</a></p>';
      const id = await insertCampaign(app.context.knex, {
        name: '<img src=x onerror=alert(1)>',
        summary,
        thanks_msg: '<svg onload=x>Thanks',
      });
      const page = await read(`/patreon/campaigns/${id}/`);
      expect(page.html).toContain('<p>Guides <a>here</a></p>');
      expect(page.html).not.toMatch(/<script>alert|<svg onload|<img|href="javascript/);
      expect(part(page, 'campaign').summary).toBe(summary);
    });

    it('shows figures that lead to the members they count', async () => {
      const id = await insertCampaign(app.context.knex, { currency: 'EUR' });
      await insertMembersOfKind(app.context.knex, id, 'paying', 3, { monthly_cents: 1234 });
      await insertMembersOfKind(app.context.knex, id, 'declined', 1);
      const page = await read(`/patreon/campaigns/${id}/`, 'manager');
      expect(page.html).toContain(`href="/patreon/campaigns/${id}/members/?kind=paying">3</a>`);
      expect(page.html).toContain('data-figure="declined" data-value="1"');
      expect(page.html).toContain('data-figure="monthly_cents" data-value="3702"');
      expect(page.text).toContain('€37.02');
    });

    it.each([
      ['owner', true],
      ['manager', true],
      ['editor', false],
      ['viewer', false],
    ] as const)('shows the %s money and the way to a sync: %s', async (role, may) => {
      const id = await insertCampaign(app.context.knex, { currency: 'EUR' });
      await insertMembersOfKind(app.context.knex, id, 'paying', 1, { monthly_cents: 98765 });
      const page = await read(`/patreon/campaigns/${id}/`, role);
      expect([page.html.includes('987.65'), page.html.includes('98765'), page.html.includes(`${id}/sync/"`)]).toEqual([
        may,
        may,
        may,
      ]);
    });

    it('shows tiers with public prices, benefits and the latest five posts', async () => {
      const { knex } = app.context;
      const id = await insertCampaign(knex, { currency: 'GBP' });
      await insertTiers(knex, id, [
        { title: 'Folio', amount_cents: 1500 },
        { title: 'Left', gone_at: '2026-01-01' },
      ]);
      await insertBenefits(knex, id, [{ title: 'Printed folio' }, { title: 'Old perk', gone_at: '2026-01-01' }]);
      const days = [1, 2, 3, 4, 5, 6].map((day) => ({ title: `Post ${day}`, published_at: `2026-01-0${day}` }));
      await insertPosts(knex, id, days);
      const { text } = await read(`/patreon/campaigns/${id}/`);
      for (const shown of ['Folio £15.00', 'Printed folio', 'Post 6', 'Post 2']) expect(text).toContain(shown);
      for (const hidden of ['Left', 'Old perk', 'Post 1']) expect(text).not.toContain(hidden);
    });

    it('tells who joined and left in the last thirty days, and when it was synced last', async () => {
      const { knex } = app.context;
      const id = await insertCampaign(knex);
      const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
      await insertMembersOfKind(knex, id, 'paying', 2, { pledge_relationship_start: daysAgo(5) });
      await insertMembersOfKind(knex, id, 'paying', 1, { pledge_relationship_start: daysAgo(40) });
      const movement = { campaign_id: id, joined: 0 };
      await knex('daily_member_movements').insert([
        { ...movement, day: daysAgo(3), departed: 4 },
        { ...movement, day: daysAgo(45), departed: 8 },
      ]);
      const [run] = await knex('sync_runs').insert({ trigger: 'cli', resources: [], state: 'partial' }).returning('id');
      await knex('sync_run_resources').insert({ run_id: run.id, campaign_id: id, resource: 'campaigns' });
      const page = await read(`/patreon/campaigns/${id}/`);
      expect(page.html).toContain('data-figure="joined" data-value="2"');
      expect(page.html).toContain('data-figure="left" data-value="4"');
      expect(page.html).toContain(`href="/patreon/sync/${run.id}/"`);
      const behind = /href="([^"]+joined_from=[^"]+)"/.exec(page.html)?.[1] ?? '';
      expect((await read(behind)).total).toBe(2);
    });

    it('says what syncs leave out', async () => {
      const id = await insertCampaign(app.context.knex);
      await app.context.knex('campaign_settings').insert({ campaign_id: id, is_scheduled: false, syncs_posts: false });
      const { text } = await read(`/patreon/campaigns/${id}/`);
      expect(text).toContain('Scheduled syncs leave this campaign out. Syncs leave its posts out.');
      expect(text).not.toContain('Syncs leave its members out.');
    });

    it('says that a campaign is gone, and offers no sync of it', async () => {
      const id = await insertCampaign(app.context.knex, { name: 'Left', gone_at: '2026-05-04T00:00:00Z' });
      const page = await read(`/patreon/campaigns/${id}/`, 'owner');
      expect(page.text).toContain('Patreon no longer names this. What you see is what it last told, on May 4, 2026.');
      expect(page.html).not.toContain('Sync now');
    });

    it.each(['0', '-1', 'x', '2147483648', '999999999999999', '99999999999999999999', '1%00'])(
      'has nothing at %s, and never fails',
      async (id) => {
        const { status } = await visitors.viewer.get(`/patreon/campaigns/${id}/`);
        expect(status).toBe(id.includes('%00') ? 400 : 404);
      },
    );

    it('lets nobody in who is not signed in', async () => {
      expect((await app.visitor().get('/patreon/campaigns/1/')).status).toBe(303);
      expect((await app.visitor().get('/patreon/campaigns/')).status).toBe(303);
    });
  });

  describe('GET /patreon/tiers/{id}/', () => {
    it('carries every attribute of each tier of Patreon’s sample as it was sent', async () => {
      const { included } = sample<CampaignSample>('campaign.get.200');
      const campaign = await insertCampaign(app.context.knex, { currency: 'USD' });
      for (const { attributes } of included.filter(({ type }) => type === 'tier')) {
        const [id] = await insertTiers(app.context.knex, campaign, [{ ...attributes, benefits: ['6000001'] }]);
        const page = await read(`/patreon/tiers/${id}/`);
        expect(page.fields()).toEqual({ ...asShown(attributes), benefits: '["6000001"]' });
        expect(page.html).toContain(`href="/patreon/members/?tier=${id}"`);
        expect(page.html).toContain(`href="https://www.patreon.com${attributes.url}"`);
      }
    });

    it('names benefits, and those that have not been read by their id', async () => {
      const campaign = await insertCampaign(app.context.knex);
      await insertBenefits(app.context.knex, campaign, [{ patreon_id: '61', title: 'Discord access' }]);
      const [id] = await insertTiers(app.context.knex, campaign, [{ benefits: ['61', '62'] }]);
      const { text } = await read(`/patreon/tiers/${id}/`);
      expect(text).toContain('Discord access');
      expect(text).toContain('have not been read: 62');
    });

    it('shows a tier of which Patreon tells nothing', async () => {
      const campaign = await insertCampaign(app.context.knex);
      const [id] = await insertTiers(app.context.knex, campaign, [{ gone_at: '2026-05-04T00:00:00Z' }]);
      const page = await read(`/patreon/tiers/${id}/`);
      expect(page.text).toContain('Untitled tier');
      expect(page.text).toContain('Patreon no longer names this.');
      expect(page.text).toContain('This tier promises no benefit.');
    });

    it.each(['0', 'x', '2147483648', '999999999999999'])('has nothing at %s', async (id) => {
      await visitors.viewer.get(`/patreon/tiers/${id}/`).expect(404);
    });
  });
});

/** The mirrored fields inside one `data-resource`. */
function part(page: Page, resource: string): Record<string, string> {
  const start = page.html.indexOf(`data-resource="${resource}"`);
  return readPage(page.html.slice(start, page.html.indexOf('</section>', start))).fields();
}

/** Patreon's attributes as `data-value` carries them: text plain, null empty, everything else JSON. */
function asShown(attributes: Record<string, unknown>): Record<string, string> {
  const shown = (value: unknown) => (value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value));
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, shown(value)]));
}
