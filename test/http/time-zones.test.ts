import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertBenefits, insertCampaign, insertTiers } from '../support/campaign-factories';
import { insertMember, insertPledgeEvents } from '../support/factories';
import { readPage } from '../support/page';

let panel: TestApp;
let owner: SignedInVisitor;
let campaign: number;
let member: number;

beforeAll(async () => {
  panel = await startTestApp();
  owner = await panel.signInAs('owner');
  const { knex } = panel.context;
  campaign = await insertCampaign(knex, { name: 'Lanterns', currency: 'USD' });
  await knex('campaign_settings').insert({ campaign_id: campaign, time_zone: 'Pacific/Honolulu' });
  await insertTiers(knex, campaign, [{ patreon_id: '71', title: 'Wick', created_at: '2026-03-01T08:00:00Z' }]);
  await insertBenefits(knex, campaign, [{ title: 'Letter', next_deliverable_due_date: '2026-10-31T00:00:00Z' }]);
  member = await insertMember(knex, campaign, {
    last_charge_date: '2026-09-01T08:14:05Z',
    next_charge_date: '2026-10-01T00:00:00Z',
    pledge_relationship_start: '2026-08-01T07:00:00Z',
  });
  await insertPledgeEvents(knex, campaign, member, [
    { type: 'subscription', payment_status: 'Paid', date: '2026-08-01T07:00:01Z' },
  ]);
});
afterAll(async () => {
  await panel.close();
});

const read = async (path: string) => readPage((await owner.get(path).expect(200)).text);
const OF_CAMPAIGN = 'Times are in the time zone of the campaign: Pacific/Honolulu.';

describe('the time zone of a campaign', () => {
  it('is that of the times on the pages of its members, which say so', async () => {
    const page = await read(`/patreon/members/${member}/`);
    expect(page.text).toContain('Joined Jul 31, 2026');
    expect(page.text).toContain('Aug 31, 2026, 10:14 PM');
    expect(page.text).toMatch(/Jul 31, 2026 \S.*9:00 PM/);
    expect(page.html).toContain('data-day="2026-07-31"');
    expect(page.text).toContain(OF_CAMPAIGN);
  });

  it('leaves a day that Patreon sends without an hour the day that it is', async () => {
    const page = await read(`/patreon/members/${member}/`);
    expect(page.text).toContain('Next charge Oct 1, 2026');
    expect(page.text).not.toContain('Sep 30, 2026');
    expect(page.field('next_charge_date')).toContain('2026-10-01T00:00:00');
    for (const path of [`/patreon/campaigns/${campaign}/`, '/patreon/benefits/']) {
      const { text } = await read(path);
      expect([path, text]).toEqual([path, expect.stringContaining('Oct 31, 2026')]);
    }
  });

  it.each(['tiers', 'campaigns'])('is that of the pages of %s', async (list) => {
    const id = list === 'campaigns' ? campaign : (await panel.context.knex('patreon_tiers').first('id')).id;
    const page = await read(`/patreon/${list}/${id}/`);
    expect(page.text).toContain(OF_CAMPAIGN);
    if (list === 'tiers') expect(page.text).toContain('Feb 28, 2026, 10:00 PM');
  });

  it('is that of its sync, and not that of lists in which campaigns stand side by side', async () => {
    expect((await read(`/patreon/campaigns/${campaign}/sync/`)).text).toContain(OF_CAMPAIGN);
    const list = await read('/patreon/members/?column=joined&column=name');
    expect(list.text).toContain('Aug 1, 2026');
    expect(list.text).toContain('All times are in UTC.');
  });

  it('is offered under the names in use, each once', async () => {
    const { html } = await read(`/patreon/campaigns/${campaign}/edit/`);
    const offered = [...html.matchAll(/<option value="([A-Z][\w+-]*(?:\/[\w+/-]+)?)"/g)].map(
      ([, zone]) => zone as string,
    );
    expect(offered).toEqual(expect.arrayContaining(['UTC', 'Asia/Kolkata', 'Europe/Kyiv', 'Asia/Ho_Chi_Minh']));
    for (const old of ['Asia/Calcutta', 'Europe/Kiev', 'Asia/Saigon', 'America/Buenos_Aires'])
      expect(offered).not.toContain(old);
    expect(new Set(offered).size).toBe(offered.length);
  });
});
