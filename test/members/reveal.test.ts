import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign } from '../support/campaign-factories';
import { insertAddress, insertMember } from '../support/factories';
import { readPage } from '../support/page';

const ADDRESS = {
  addressee: 'Sunniva Harrow',
  line_1: '12 Placeholder Lane',
  line_2: '',
  city: 'Exampleton',
  state: 'CA',
  postal_code: '00000',
  country: 'US',
  phone_number: null,
  created_at: '2025-03-11T12:00:20.000+00:00',
};
const REASON = 'The spring parcel goes out today';

describe('POST /patreon/members/:id/address/', () => {
  let app: TestApp;
  let owner: SignedInVisitor;
  let manager: SignedInVisitor;
  let viewer: SignedInVisitor;
  let campaign: number;
  let id: number;

  beforeAll(async () => {
    app = await startTestApp();
    owner = await app.signInAs('owner');
    manager = await app.signInAs('manager');
    viewer = await app.signInAs('viewer');
    campaign = await insertCampaign(app.context.knex);
  });
  afterAll(async () => {
    await app.close();
  });
  beforeEach(async () => {
    id = await insertMember(app.context.knex, campaign);
    await insertAddress(app.context, campaign, id, ADDRESS);
  });

  const audited = () =>
    app.context.knex('audit_entries').where({ action: 'member.address_revealed', subject_id: String(id) });
  const actions = () => app.context.knex('member_actions').where({ member_id: id });
  const address = () => `/patreon/members/${id}/address/`;

  it('is how an address is asked for: the page of the member holds the form and nothing of the address', async () => {
    const { text } = await owner.get(`/patreon/members/${id}/`).expect(200);
    expect(readPage(text).text).toContain('There is an address');
    expect(text).toContain(`action="${address()}"`);
    expect(text).not.toContain('Placeholder Lane');
    expect(await audited()).toEqual([]);
  });

  it('shows it once to whoever says why, and writes the look down', async () => {
    const answer = await manager.postForm(address(), { reason: ` ${REASON} ` });
    expect(answer.status).toBe(200);
    const start = answer.text.indexOf('data-resource="address"');
    expect(readPage(answer.text.slice(start)).fields()).toMatchObject({ ...ADDRESS, phone_number: '' });
    expect(await audited()).toMatchObject([
      { actor: `staff:${manager.staff.id}`, subject_type: 'member', details: { reason: REASON } },
    ]);
    expect(await actions()).toMatchObject([{ staff_id: manager.staff.id, action: 'address.revealed', details: {} }]);
    const after = await manager.get(`/patreon/members/${id}/`).expect(200);
    expect(after.text).not.toContain('Placeholder Lane');
    expect(after.text).not.toContain(REASON);
    expect(readPage(after.text).text).toContain('Postal address looked at');
  });

  it.each([
    ['no reason', {}],
    ['a reason of two letters', { reason: 'ok' }],
    ['a reason of blanks', { reason: '     ' }],
    ['an essay', { reason: 'x'.repeat(201) }],
    ['text that cannot be stored', { reason: 'parcel\0' }],
    ['two reasons', { reason: ['parcel one', 'parcel two'] }],
  ])('refuses %s with the form, and shows and logs nothing', async (_what, fields) => {
    const answer = await manager.postForm(address(), fields as Record<string, string | string[]>);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('id="reveal-reason-error"');
    expect(answer.text).not.toContain('Placeholder Lane');
    expect([await audited(), await actions()]).toEqual([[], []]);
  });

  it('answers htmx with the card alone, refused or not', async () => {
    const refused = await manager.postForm(address(), {}, { 'HX-Request': 'true' });
    expect([refused.status, refused.text.trimStart().slice(0, 34)]).toEqual([
      422,
      '<section class="card" id="member-a',
    ]);
    const shown = await manager.postForm(address(), { reason: REASON }, { 'HX-Request': 'true' });
    expect(shown.text.trimStart()).toMatch(/^<section class="card" id="member-address"/);
    expect(shown.text).toContain('Placeholder Lane');
  });

  it('is closed to everybody else, and such a try shows nothing', async () => {
    expect((await viewer.postForm(address(), { reason: REASON })).status).toBe(403);
    expect((await owner.agent.post(address())).status).toBe(403);
    expect((await owner.postForm('/patreon/members/999999/address/', { reason: REASON })).status).toBe(404);
    expect(await audited()).toEqual([]);
  });

  it('explains itself when the key that encrypted it is missing, and logs no look', async () => {
    await app.context.knex('member_addresses').update({ address: 'v1.lost.AAAA.AAAA' });
    const answer = await owner.postForm(address(), { reason: REASON });
    expect([answer.status, readPage(answer.text).text]).toEqual([
      409,
      expect.stringContaining('a key that is not configured any more'),
    ]);
    expect([await audited(), await actions()]).toEqual([[], []]);
  });
});
