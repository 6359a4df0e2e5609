import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertTiers } from '../support/campaign-factories';
import { insertMember, insertMembers, insertPledgeEvents } from '../support/factories';
import { readPage } from '../support/page';

const NOW = new Date('2026-11-20T12:00:00Z');

const MEMBER = {
  patreon_id: '1c7f8e2d-69b2-4a1f-8c8b-7b2a4d3e0102',
  campaign_lifetime_support_cents: 32_400,
  currently_entitled_amount_cents: 16_200,
  email: 'sunniva.harrow@example.com',
  full_name: 'Sunniva Harrow',
  is_follower: false,
  is_free_trial: false,
  is_gifted: null,
  last_charge_date: '2026-03-11T12:00:41.000+00:00',
  last_charge_status: 'Paid',
  lifetime_support_cents: 32_401,
  next_charge_date: '2027-03-11T00:00:00.000+00:00',
  note: 'Prefers the letter by post.\n"Quoted" & <kept>',
  patron_status: 'active_patron',
  pledge_cadence: 12,
  pledge_relationship_start: '2025-03-11T12:00:39.002+00:00',
  will_pay_amount_cents: 16_203,
  currently_entitled_tiers: ['7000003', '7000009'],
};

const USER = {
  user_patreon_id: '50000102',
  user_about: null,
  user_can_see_nsfw: true,
  user_created: '2020-01-20T18:00:01.000+00:00',
  user_first_name: 'Sunniva',
  user_full_name: 'Sunniva H.',
  user_is_email_verified: true,
  user_hide_pledges: false,
  user_image_url: 'https://c8.patreon.com/3/200/50000102',
  user_is_creator: false,
  user_last_name: '',
  user_like_count: 7,
  user_social_connections: { discord: { user_id: '1', url: null }, twitch: null },
  user_thumb_url: 'https://c8.patreon.com/3/200/50000102',
  user_url: 'https://www.patreon.com/user?u=50000102',
  user_vanity: null,
  discord_user_id: '1',
};

/** The mirrored attributes inside the element with this `data-resource`. */
function fieldsOf(html: string, resource: string): Record<string, string> {
  const start = html.indexOf(`data-resource="${resource}"`);
  if (start === -1) return {};
  const next = html.indexOf('data-resource="', start + 1);
  return readPage(html.slice(start, next === -1 ? undefined : next)).fields();
}

describe('GET /patreon/members/:id/', () => {
  let app: TestApp;
  let owner: SignedInVisitor;
  let viewer: SignedInVisitor;
  let campaign: number;

  beforeAll(async () => {
    app = await startTestApp({ clock: { now: () => NOW } });
    owner = await app.signInAs('owner');
    viewer = await app.signInAs('viewer');
  });

  afterAll(() => app.close());
  beforeEach(async () => {
    campaign = await insertCampaign(app.context.knex, { name: 'Quill Workshop', currency: 'GBP' });
  });
  afterEach(() => deleteCampaigns(app.context.knex));

  const show = async (id: number, visitor = owner) => (await visitor.get(`/patreon/members/${id}/`).expect(200)).text;

  it('shows every attribute of the member and of the person as Patreon sent it', async () => {
    const html = await show(await insertMember(app.context.knex, campaign, { ...MEMBER, ...USER }));
    expect(fieldsOf(html, 'member')).toEqual({
      campaign_lifetime_support_cents: '32400',
      currently_entitled_amount_cents: '16200',
      currently_entitled_tiers: '["7000003","7000009"]',
      email: 'sunniva.harrow@example.com',
      full_name: 'Sunniva Harrow',
      is_follower: 'false',
      is_free_trial: 'false',
      is_gifted: '',
      last_charge_date: '2026-03-11T12:00:41.000+00:00',
      last_charge_status: 'Paid',
      lifetime_support_cents: '32401',
      next_charge_date: '2027-03-11T00:00:00.000+00:00',
      note: 'Prefers the letter by post.\n"Quoted" & <kept>',
      patron_status: 'active_patron',
      pledge_cadence: '12',
      pledge_relationship_start: '2025-03-11T12:00:39.002+00:00',
      will_pay_amount_cents: '16203',
    });
    const { social_connections, ...person } = fieldsOf(html, 'user');
    expect(JSON.parse(social_connections ?? '')).toEqual(USER.user_social_connections);
    expect(person).toEqual({
      about: '',
      can_see_nsfw: 'true',
      created: '2020-01-20T18:00:01.000+00:00',
      first_name: 'Sunniva',
      full_name: 'Sunniva H.',
      is_email_verified: 'true',
      hide_pledges: 'false',
      image_url: 'https://c8.patreon.com/3/200/50000102',
      is_creator: 'false',
      last_name: '',
      like_count: '7',
      thumb_url: 'https://c8.patreon.com/3/200/50000102',
      url: 'https://www.patreon.com/user?u=50000102',
      vanity: '',
    });
  });

  it('says in money, kind and words what the membership is', async () => {
    await insertTiers(app.context.knex, campaign, [{ patreon_id: '7000003', title: 'Folio' }]);
    const page = readPage(await show(await insertMember(app.context.knex, campaign, MEMBER)));
    for (const text of ['£13.50', '£324.00', 'Paying', 'Folio', 'Tier 7000009', 'The status is Active patron']) {
      expect(page.text).toContain(text);
    }
  });

  it('says until when a cancelled membership lasts', async () => {
    const cancelled = {
      patron_status: 'former_patron',
      last_charge_date: '2026-11-03T10:00:00Z',
      currently_entitled_tiers: ['1'],
    };
    const page = readPage(await show(await insertMember(app.context.knex, campaign, cancelled)));
    expect(page.text).toContain('lasts until about Dec 3, 2026');
  });

  it('shows words that nobody knows as they came, and people who are hidden', async () => {
    const hidden = {
      full_name: '',
      email: null,
      patron_status: 'paused_patron',
      last_charge_status: '$t(title) {{x}}',
    };
    const html = await show(await insertMember(app.context.knex, campaign, { ...hidden, note: null }));
    const page = readPage(html);
    expect(page.title).toContain('Hidden member');
    expect(page.field('patron_status')).toBe('paused_patron');
    expect(page.field('last_charge_status')).toBe('$t(title) {{x}}');
    expect(page.text).toContain('“paused_patron” is not one that this panel knows');
    expect(page.text).toContain('Patreon does not say who this is');
    expect(fieldsOf(html, 'user')).toEqual({});
  });

  it('says that a member is gone', async () => {
    const page = readPage(await show(await insertMember(app.context.knex, campaign, { gone_at: '2026-10-01' })));
    expect(page.text).toContain('no longer names this member');
  });

  it('leaves out e-mail and money for those who may not see them', async () => {
    const id = await insertMember(app.context.knex, campaign, { ...MEMBER, ...USER });
    await insertPledgeEvents(app.context.knex, campaign, id, [
      { type: 'subscription', amount_cents: 98_765, currency_code: 'USD' },
    ]);
    for (const role of ['viewer', 'editor'] as const) {
      const html = await show(id, await app.signInAs(role));
      const fields = Object.keys(readPage(html).fields());
      expect(fields).toEqual(expect.arrayContaining(['full_name', 'patron_status', 'pledge_cadence', 'note']));
      expect(fields.filter((name) => /email|cents/.test(name))).toEqual([]);
      expect(html).not.toMatch(/sunniva\.harrow|32400|16200|324\.00|135\.00|987\.65|Postal address/);
      expect(html).toContain('s•••@example.com');
    }
  });

  it('shows the pledge history newest first, each amount in the currency it was paid in', async () => {
    const id = await insertMember(app.context.knex, campaign);
    await insertPledgeEvents(app.context.knex, campaign, id, [
      {
        type: 'pledge_start',
        date: '2025-01-01',
        amount_cents: 500,
        currency_code: 'USD',
        payment_status: 'Paid',
        tier_title: 'Old tier',
      },
      {
        type: 'subscription',
        date: '2026-01-01',
        amount_cents: 450,
        currency_code: 'EUR',
        payment_status: 'Refunded',
        pledge_payment_status: 'valid',
      },
      { type: 'pledge_pause', date: null, amount_cents: null, currency_code: null, tier_id: '7' },
    ]);
    const rows = readPage(await show(id))
      .rows('pledge-events')
      .map((row) => row.text);
    expect(rows[0]).toMatch(/^Jan 1, 2026.* Charged €4\.50 Refunded valid/);
    expect(rows[1]).toMatch(/^Jan 1, 2025.* Started \$5\.00 Paid Old tier/);
    expect(rows[2]).toMatch(/pledge_pause – 7/);
  });

  it('shows no more than the latest 200 entries, and says so', async () => {
    const id = await insertMember(app.context.knex, campaign);
    const days = Array.from({ length: 201 }, (_, day) => new Date(Date.UTC(2026, 0, day)).toISOString());
    await insertPledgeEvents(
      app.context.knex,
      campaign,
      id,
      days.map((date) => ({ date, type: 'subscription' })),
    );
    const page = readPage(await show(id));
    expect(page.rows('pledge-events')).toHaveLength(200);
    expect(page.text).toContain('The latest 200 entries');
  });

  describe('the months', () => {
    const charge = (date: string, payment_status = 'Paid') => ({
      type: 'subscription',
      date: `${date}T08:00:00Z`,
      payment_status,
      amount_cents: 500,
      currency_code: 'GBP',
    });
    const monthsOf = (html: string) =>
      Object.fromEntries(
        [...html.matchAll(/data-month="([^"]+)" data-state="([^"]+)"/g)].map(([, month = '', state]) => [month, state]),
      );

    it('of two years stand as a table of dots, with the words behind each; all of them on demand', async () => {
      const id = await insertMember(app.context.knex, campaign);
      await insertPledgeEvents(app.context.knex, campaign, id, [
        charge('2024-01-02'),
        charge('2026-09-02'),
        charge('2026-10-02', 'Declined'),
        charge('2026-11-02'),
      ]);
      const html = await show(id);
      expect(monthsOf(html)).toMatchObject({ '2024-12': 'nothing', '2026-10': 'declined', '2026-11': 'paid' });
      expect(Object.keys(monthsOf(html))).toHaveLength(24);
      expect(html).toContain('title="October 2026: Declined, £5.00"');
      const all = (await owner.get(`/patreon/members/${id}/?months=all`).expect(200)).text;
      expect(html).toContain(`href="/patreon/members/${id}/?months=all#member-months"`);
      expect(Object.keys(monthsOf(all))).toHaveLength(35);
      expect((await owner.get(`/patreon/members/${id}/?months=1000`)).status).toBe(400);
    });

    it('that were paid are counted, and those without a gap', async () => {
      const id = await insertMember(app.context.knex, campaign);
      const paid = ['2026-06-02', '2026-08-02', '2026-09-02', '2026-10-02'].map((date) => charge(date));
      await insertPledgeEvents(app.context.knex, campaign, id, paid);
      const page = readPage(await show(id));
      expect(page.text).toContain('Months paid 4 3 months without a gap');
    });

    it('are payments, and so not for viewers', async () => {
      const id = await insertMember(app.context.knex, campaign);
      await insertPledgeEvents(app.context.knex, campaign, id, [charge('2026-11-02')]);
      expect(await show(id, viewer)).not.toMatch(/member-months|Months paid|data-state/);
    });
  });

  it('shows beside the rule what Patreon sent', async () => {
    const page = readPage(await show(await insertMember(app.context.knex, campaign, { is_gifted: null })));
    expect(page.text).toContain(
      'patron_status active_patron last_charge_status Paid is_gifted null is_free_trial false pledge_cadence 1 currently_entitled_tiers 0',
    );
  });

  describe('within the list that one came from', () => {
    const names = Array.from({ length: 60 }, (_, number) => `Person ${String(number).padStart(2, '0')}`);
    let ids: number[];

    beforeEach(async () => {
      ids = await insertMembers(
        app.context.knex,
        campaign,
        names.map((full_name, number) => ({
          full_name,
          patron_status: number === 31 ? 'former_patron' : 'active_patron',
        })),
      );
    });

    const open = (number: number, list: string, visitor = owner) =>
      visitor.get(`/patreon/members/${ids[number]}/?list=${encodeURIComponent(list)}`).expect(200);
    const placeOf = async (number: number, list: string) => {
      const page = readPage((await open(number, list)).text);
      const member = (rel: string) => /members\/(\d+)\//.exec(page.link(rel) ?? '')?.[1];
      return [member('prev'), member('next')].map((id) => id && ids.indexOf(Number(id)));
    };

    it('leads to the neighbours, past those whom the filter leaves out', async () => {
      expect(await placeOf(30, 'sort=name')).toEqual([29, 31]);
      expect(await placeOf(30, 'sort=-name')).toEqual([31, 29]);
      expect(await placeOf(30, 'kind=paying&sort=name')).toEqual([29, 32]);
      expect(await placeOf(31, 'kind=paying&sort=name')).toEqual([30, 32]);
      expect(await placeOf(0, 'sort=name')).toEqual([undefined, 1]);
      expect(await placeOf(59, 'sort=name')).toEqual([58, undefined]);
    });

    it('keeps the list on the way, and leads back to a page of it that shows the member', async () => {
      const page = readPage((await open(40, `campaign=${campaign}&kind=paying&sort=name`)).text);
      expect(page.link('next')).toBe(
        `/patreon/members/${ids[41]}/?${new URLSearchParams({ list: `campaign=${campaign}&kind=paying&sort=name` })}`,
      );
      const back = page.link('up') ?? '';
      expect(back).toContain('kind=paying');
      const list = readPage((await owner.get(back).expect(200)).text).rows('members');
      expect(list.map(({ id }) => Number(id))).toContain(ids[40]);
      expect(list.findIndex(({ id }) => Number(id) === ids[40])).toBeLessThan(15);
    });

    it('is where every row of the list leads', async () => {
      const path = `/patreon/campaigns/${campaign}/members/?sort=name`;
      const [row] = readPage((await owner.get(path).expect(200)).text)
        .rows('members')
        .slice(5);
      const href = /href="([^"]+)" title/.exec(row?.html ?? '')?.[1]?.replaceAll('&amp;', '&') ?? '';
      const page = readPage((await owner.get(href).expect(200)).text);
      expect(page.link('next')).toContain(`/patreon/members/${ids[6]}/`);
    });

    it('goes with what is posted from the page', async () => {
      const answer = await owner.postForm(`/patreon/members/${ids[3]}/notes/`, { body: 'Hm', list: 'sort=name' });
      expect(answer.headers.location).toBe(`/patreon/members/${ids[3]}/?list=sort%3Dname#member-notes`);
    });

    it.each(['sort=nothing', 'campaign=999999', 'after=x', 'q=%00', 'kind=king', 'x'.repeat(5_000)])(
      'does without a place for the query %.20s',
      async (list) => {
        const page = readPage((await open(3, list)).text);
        expect([page.link('prev'), page.title]).toEqual([undefined, expect.stringContaining('Person 03')]);
      },
    );

    it('tells a viewer nothing through an order by amounts', async () => {
      expect(readPage((await open(3, 'sort=amount', viewer)).text).link('next')).toBeUndefined();
    });
  });

  it.each(['999999', 'abc', '0', '-1', '1e3', '99999999999999999999', '%F0%9F%A6%8A'])(
    'answers 404 to the id %s',
    async (id) => {
      await owner.get(`/patreon/members/${id}/`).expect(404);
    },
  );
});
