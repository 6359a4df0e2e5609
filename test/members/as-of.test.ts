import type { Knex } from 'knex';
import type { Role } from '../../src/policy';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertTiers } from '../support/campaign-factories';
import { insertAddress, insertMember, insertPledgeEvents } from '../support/factories';
import { type Page, readPage } from '../support/page';
import { backdate, dayAgo } from './backdate';

const FIRST = {
  full_name: 'Sunniva Harrow',
  email: 'old@example.com',
  note: 'First note',
  currently_entitled_amount_cents: 500,
  campaign_lifetime_support_cents: 1_500,
  last_charge_date: '2026-01-01T12:00:41.002+00:00',
  is_follower: true,
  pledge_cadence: 1,
  currently_entitled_tiers: ['71'],
  user_patreon_id: '9',
  user_full_name: 'Sunniva Harrow',
  user_like_count: 3,
  user_social_connections: { discord: { user_id: '1', url: null } },
  user_url: 'https://www.patreon.com/old',
};

const SECOND = {
  full_name: 'Sunniva H.',
  user_full_name: 'Sunniva H.',
  email: 'new@example.com',
  currently_entitled_amount_cents: 1_000,
  monthly_cents: 1_000,
  campaign_lifetime_support_cents: 2_500,
  last_charge_date: '2026-02-01T12:00:41.000+00:00',
  is_follower: null,
  currently_entitled_tiers: ['72', '73'],
  user_like_count: 4,
  user_social_connections: null,
};

const THIRD = {
  note: 'Second note',
  patron_status: 'former_patron',
  kind: 'former',
  monthly_cents: 0,
  currently_entitled_tiers: [],
};

describe('GET /patreon/members/:id/?as_of=', () => {
  let app: TestApp;
  let knex: Knex;
  let people: Record<Role, SignedInVisitor>;
  let campaign: number;

  beforeAll(async () => {
    app = await startTestApp();
    knex = app.context.knex;
    people = await app.signInEverybody();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    campaign = await insertCampaign(knex, { currency: 'USD' });
  });
  afterEach(() => deleteCampaigns(knex));

  const update = (id: number, values: object) => knex('patreon_members').where({ id }).update(values);
  const open = async (id: number, day: string, role: Role = 'owner'): Promise<Page> =>
    readPage((await people[role].get(`/patreon/members/${id}/?as_of=${day}`).expect(200)).text);

  /** First seen nine days ago, changed six and three days ago. */
  async function memberWithPast(): Promise<number> {
    const id = await insertMember(knex, campaign, FIRST);
    await backdate(knex, 3);
    await update(id, SECOND);
    await backdate(knex, 3);
    await update(id, THIRD);
    await backdate(knex, 3);
    return id;
  }

  it('shows the values of every field as they were at the end of that day', async () => {
    const id = await memberWithPast();
    await insertTiers(knex, campaign, [{ patreon_id: '71', title: 'Ink' }]);
    const page = await open(id, dayAgo(7));
    expect(page.fields()).toMatchObject({
      full_name: 'Sunniva Harrow',
      email: 'old@example.com',
      note: 'First note',
      patron_status: 'active_patron',
      currently_entitled_amount_cents: '500',
      campaign_lifetime_support_cents: '1500',
      last_charge_date: '2026-01-01T12:00:41.002+00:00',
      is_follower: 'true',
      currently_entitled_tiers: '["71"]',
      like_count: '3',
    });
    expect(JSON.parse(page.field('social_connections'))).toEqual(FIRST.user_social_connections);
    expect(page.html).toContain('data-kind="paying"');
    expect(page.text).toContain('Ink');
    expect(page.html).toMatch(/data-figure="monthly">\$5\.00</);
    expect(page.title).toContain('Sunniva Harrow');
  });

  it('goes through the days: the state of the day of a change is the one after it', async () => {
    const id = await memberWithPast();
    const stateOf = async (day: number) => {
      const page = await open(id, dayAgo(day));
      return [page.field('full_name'), page.field('note'), /data-kind="(\w+)"/.exec(page.html)?.[1]];
    };
    const [first, second, third] = [
      ['Sunniva Harrow', 'First note', 'paying'],
      ['Sunniva H.', 'First note', 'paying'],
      ['Sunniva H.', 'Second note', 'former'],
    ];
    const states = [];
    for (const day of [9, 8, 7, 6, 5, 4, 3, 2, 0]) states.push(await stateOf(day));
    expect(states).toEqual([first, first, first, second, second, second, third, third, third]);
  });

  it('shows what a day ended with when it saw two changes', async () => {
    const id = await insertMember(knex, campaign, { note: 'a' });
    await backdate(knex, 2);
    await update(id, { note: 'b' });
    await update(id, { note: 'c' });
    await backdate(knex, 2);
    await update(id, { note: 'd' });
    await update(id, { note: 'e' });
    expect((await open(id, dayAgo(4))).field('note')).toBe('a');
    expect((await open(id, dayAgo(2))).field('note')).toBe('c');
    expect((await open(id, dayAgo(1))).field('note')).toBe('c');
    expect((await open(id, dayAgo(0))).field('note')).toBe('e');
  });

  it('tells of a field that went back to what it was', async () => {
    const id = await insertMember(knex, campaign, { note: 'a' });
    await backdate(knex, 2);
    await update(id, { note: 'b' });
    await backdate(knex, 2);
    await update(id, { note: 'a' });
    expect((await open(id, dayAgo(1))).field('note')).toBe('b');
    expect((await open(id, dayAgo(3))).field('note')).toBe('a');
  });

  it('shows a member as gone on the days on which it was', async () => {
    const id = await insertMember(knex, campaign);
    await backdate(knex, 2);
    await update(id, { gone_at: new Date() });
    await backdate(knex, 2);
    await update(id, { gone_at: null });
    const isGone = async (day: number) => (await open(id, dayAgo(day))).html.includes('data-gone');
    expect([await isGone(4), await isGone(2), await isGone(1), await isGone(0)]).toEqual([false, true, true, false]);
  });

  it('cuts the pledge history and the timeline at the end of the day', async () => {
    const id = await memberWithPast();
    await insertPledgeEvents(knex, campaign, id, [
      { patreon_id: 'subscription:1', type: 'subscription', date: `${dayAgo(5)}T23:59:59Z` },
      { patreon_id: 'subscription:2', type: 'subscription', date: `${dayAgo(4)}T00:00:00Z` },
      { patreon_id: 'subscription:3', type: 'subscription', date: null },
    ]);
    const page = await open(id, dayAgo(5));
    expect(page.rows('pledge-events').map((row) => row.patreonId)).toEqual(['subscription:1']);
    expect([...page.html.matchAll(/data-day="([^"]+)"/g)].map(([, day]) => day)).toEqual([
      dayAgo(5),
      dayAgo(6),
      dayAgo(9),
    ]);
    expect(page.text).not.toContain('Membership ended');
  });

  it('keeps to the day on older pages of the timeline', async () => {
    const id = await insertMember(knex, campaign);
    for (let change = 0; change < 30; change += 1) await update(id, { full_name: `N${change}` });
    await backdate(knex, 2);
    await update(id, { full_name: 'Later' });
    const next = (await open(id, dayAgo(1))).link('next');
    expect(next).toMatch(new RegExp(`as_of=${dayAgo(1)}`));
    const older = readPage((await people.owner.get(next?.replace(/#.*/, '') ?? '').expect(200)).text);
    expect(older.field('full_name')).toBe('N29');
    expect(older.text).toContain('First seen here');
  });

  it('calls tiers by the titles that they had', async () => {
    const id = await insertMember(knex, campaign, { currently_entitled_tiers: ['71'] });
    await insertTiers(knex, campaign, [{ patreon_id: '71', title: 'Ink' }]);
    await backdate(knex, 2);
    await knex('patreon_tiers').where({ campaign_id: campaign }).update({ title: 'Quill' });
    expect((await open(id, dayAgo(1))).text).toContain('Ink');
    expect((await open(id, dayAgo(0))).text).toContain('Quill');
  });

  it('says that it shows a past day, leads back, and takes another one without scripts', async () => {
    const id = await memberWithPast();
    await insertAddress(app.context, campaign, id, { city: 'Exampleton' });
    const page = await open(id, dayAgo(7));
    expect(page.html).toContain(`data-as-of="${dayAgo(7)}"`);
    expect(page.text).toContain('not what is known now');
    expect((await open(id, dayAgo(0))).text).toContain('This is what is known so far');
    expect(page.values().as_of).toBe(dayAgo(7));
    expect(page.html).toMatch(new RegExp(`<form class="filters" method="get" action="/patreon/members/${id}/">`));
    expect(page.html).toContain(`<a class="button button--ghost" href="/patreon/members/${id}/">`);
    expect(page.text).not.toContain('Postal address');
    const present = readPage((await people.owner.get(`/patreon/members/${id}/?as_of=`).expect(200)).text);
    expect(present.html).not.toContain('data-as-of');
    expect(present.text).toContain('Postal address');
    expect(present.html.match(/name="as_of"/g)).toHaveLength(1);
  });

  it.each(['editor', 'viewer'] as const)('keeps amounts and e-mails of the past from an %s', async (role) => {
    const page = await open(await memberWithPast(), dayAgo(7), role);
    expect(page.field('full_name')).toBe('Sunniva Harrow');
    expect(Object.keys(page.fields()).filter((name) => /email|cents/.test(name))).toEqual([]);
    expect(page.html).not.toMatch(/old@|new@|\$5\.00|\$15\.00|\b1500\b/);
    expect(page.text).toContain('o•••@example.com');
  });

  it('guesses nothing about the days before the member was first seen', async () => {
    const page = await open(await memberWithPast(), dayAgo(10));
    expect(page.text).toContain('Nothing is known about this member before');
    expect(page.fields()).toEqual({});
    expect(page.text).not.toContain('First note');
    expect(page.html).toContain('Back to today');
  });

  it('guesses nothing about days of which no changes were kept', async () => {
    const id = await insertMember(knex, campaign, { first_seen_at: '2026-01-05T00:00:00Z' });
    await knex.transaction(async (trx) => {
      await trx.raw('alter table patreon_changes disable trigger patreon_changes_append_only');
      await trx('patreon_changes').where({ resource: 'member', record_id: id }).delete();
      await trx.raw('alter table patreon_changes enable trigger patreon_changes_append_only');
    });
    expect((await open(id, '2026-02-01')).text).toContain('Nothing is known about this member before');
    expect((await open(id, dayAgo(0))).field('full_name')).toBe('Sunniva Harrow');
  });

  it.each([
    'yesterday',
    '2026-02-30',
    '2026-2-3',
    '20260203',
    '2026-01-01T00:00:00Z',
    '%00',
    '-1',
    '2026-01-01&as_of=2026-01-02',
  ])('answers 400 in words to as_of=%s', async (day) => {
    const id = await insertMember(knex, campaign);
    const answer = await people.viewer.get(`/patreon/members/${id}/?as_of=${day}`);
    const page = readPage(answer.text);
    expect([answer.status, page.text]).toEqual([400, expect.stringContaining('year-month-day')]);
    expect(page.fields()).toEqual({});
  });

  it('answers 400 to a day that has not come yet', async () => {
    const id = await insertMember(knex, campaign);
    for (const day of [dayAgo(-1), '9999-12-31']) {
      const answer = await people.owner.get(`/patreon/members/${id}/?as_of=${day}`);
      expect([answer.status, readPage(answer.text).text]).toEqual([400, expect.stringContaining('has not come yet')]);
    }
  });

  it('shows the day before all others as not known, not as an error', async () => {
    const id = await insertMember(knex, campaign);
    for (const day of ['0001-01-01', '1970-01-01']) expect((await open(id, day)).text).toContain('Nothing is known');
  });

  it('answers 404 for a member that does not exist, whatever the day', async () => {
    for (const day of [dayAgo(1), 'nonsense'])
      await people.owner.get(`/patreon/members/999999/?as_of=${day}`).expect(404);
  });
});
