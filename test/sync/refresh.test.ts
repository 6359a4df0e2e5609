import { refreshFromPatreon } from '../../src/apps/sync/refresh.service';
import type { Role } from '../../src/policy';
import type { SignedInVisitor } from '../support/app';
import { insertCampaign } from '../support/campaign-factories';
import { readPage } from '../support/page';
import { API, type ConnectedPanel, startConnectedPanel } from './connected-panel';

let panel: ConnectedPanel;
let people: Record<Role, SignedInVisitor>;
beforeAll(async () => {
  panel = await startConnectedPanel({ campaigns: [{ members: 40, posts: 5, name: 'Quill & Co' }] });
  const roles = ['owner', 'manager', 'editor', 'viewer'] as const;
  const signedIn = await Promise.all(roles.map((role) => panel.app.signInAs(role)));
  people = Object.fromEntries(roles.map((role, n) => [role, signedIn[n]])) as typeof people;
  await panel.sync();
}, 40_000);
afterAll(() => panel.close());
beforeEach(() => panel.control.reset());
afterEach(() => jest.restoreAllMocks());

type Kind = 'members' | 'posts' | 'campaigns';
const knex = () => panel.context.knex;
const rowsOf = (kind: Kind) => knex()(`patreon_${kind}`);
const one = async (kind: Kind, values: object = {}): Promise<{ id: number; patreon_id: string }> =>
  rowsOf(kind).where(values).whereNull('gone_at').orderBy('id').first();
const page = (kind: Kind, id: number) => `/patreon/${kind}/${id}/`;

/** Presses the button and answers what the page then says. */
async function refresh(kind: Kind, id: number, role: Role = 'manager'): Promise<string> {
  const answer = await people[role].postForm(`${page(kind, id)}refresh/`);
  expect([answer.status, answer.headers.location]).toEqual([303, page(kind, id)]);
  const { html } = readPage((await people[role].get(page(kind, id)).expect(200)).text);
  const message = /id="messages"[\s\S]*?<p class="flash__text">([\s\S]*?)<\/p>/.exec(html)?.[1] ?? '';
  return readPage(message).text;
}

describe('Refresh from Patreon', () => {
  it.each(['members', 'posts', 'campaigns'] as const)('says of %s that nothing is new, with one read', async (kind) => {
    const { id, patreon_id } = await one(kind);
    expect(await refresh(kind, id)).toContain('Patreon says nothing new.');
    const paths = (await panel.control.paths()).map((path) => path.replace(/\?.*/, ''));
    expect(paths).toEqual([`/${kind}/${patreon_id}`]);
  });

  it('tells what changed about a member, and names who asked in its timeline', async () => {
    const { id, patreon_id } = await one('members', { kind: 'paying' });
    await panel.control.change(`/members/${patreon_id}`, {
      attributes: { patron_status: 'former_patron', full_name: 'Ada Tidewater' },
    });
    const text = await refresh('members', id);
    expect(text).toContain('2 things changed: Membership ended;');
    expect(text).toContain('to Ada Tidewater');
    const { text: timeline } = readPage((await people.viewer.get(page('members', id))).text);
    expect(timeline).toContain(`Refreshed by ${people.manager.staff.name}`);
    expect(await rowsOf('members').where({ id }).first()).toMatchObject({ kind: 'former', full_name: 'Ada Tidewater' });
  });

  it('tells what changed about a post: short values as they are, long ones by name', async () => {
    const { id, patreon_id } = await one('posts');
    await panel.control.change(`/posts/${patreon_id}`, {
      attributes: { title: 'Low tide', content: '<p>All new.</p>', is_paid: true },
    });
    const text = await refresh('posts', id);
    expect(text).toContain('3 things changed');
    expect(text).toMatch(/Title: .+ → Low tide/);
    expect(text).toMatch(/: No → Yes/);
    expect(text).not.toContain('All new');
  });

  it('tells what changed about a campaign and its tiers, the gone ones after a second read', async () => {
    const { id, patreon_id } = await one('campaigns');
    const [first, second] = await knex()('patreon_tiers').where({ campaign_id: id }).orderBy('amount_cents', 'desc');
    await panel.control.change(`/campaigns/${patreon_id}`, { attributes: { creation_name: 'tide tables' } });
    await panel.control.change(`/tiers/${second.patreon_id}`, { attributes: { title: 'Crow’s nest' } });
    await panel.control.change(`/tiers/${first.patreon_id}`, { removed: true });
    const text = await refresh('campaigns', id);
    expect(text).toContain('→ tide tables');
    expect(text).toContain('Crow’s nest, Title:');
    expect(text).toContain(`${first.title} is gone`);
    expect(await panel.control.requests()).toHaveLength(2);
    await panel.control.change(`/tiers/${first.patreon_id}`, { removed: false });
    expect(await refresh('campaigns', id)).toContain(`${first.title} is back`);
  });

  it.each([
    ['members', 'this member'],
    ['posts', 'this post'],
  ] as const)('marks %s as gone that Patreon no longer knows, and brings them back', async (kind, words) => {
    const { id, patreon_id } = await one(kind);
    await panel.control.change(`/${kind}/${patreon_id}`, { removed: true });
    expect(await refresh(kind, id)).toContain(`Patreon no longer knows ${words}. It is marked as gone here.`);
    expect((await rowsOf(kind).where({ id }).first()).gone_at).not.toBeNull();
    expect(await refresh(kind, id)).toContain(`Patreon still does not know ${words}.`);
    await panel.control.change(`/${kind}/${patreon_id}`, { removed: false });
    expect(await refresh(kind, id)).toMatch(/One thing changed: .*back/i);
    expect((await rowsOf(kind).where({ id }).first()).gone_at).toBeNull();
  });

  it('marks a campaign as gone that Patreon no longer knows, until it is read again', async () => {
    const { id } = await one('campaigns');
    await panel.control.fault({ match: `${API}/campaigns/{id}`, kind: '404', times: 1 });
    expect(await refresh('campaigns', id)).toContain('Patreon no longer knows this campaign.');
    expect(await refresh('campaigns', id)).toContain('is back');
    expect((await rowsOf('campaigns').where({ id }).first()).gone_at).toBeNull();
  });

  it('says in words that Patreon does not answer, and keeps what is stored', async () => {
    const { id } = await one('members');
    const before = await rowsOf('members').where({ id }).first();
    await panel.control.fault({ match: `${API}/members/{id}`, kind: '503', times: null });
    jest.spyOn(Math, 'random').mockReturnValue(0);
    expect(await refresh('members', id)).toMatch(/Patreon did not answer in time|requests to Patreon are on hold/);
    expect(await rowsOf('members').where({ id }).first()).toEqual(before);
    await panel.control.reset();
    await knex()('rate_limits').delete();
  }, 30_000);

  it('says until when nothing is asked while our budget is spent', async () => {
    const { id } = await one('members');
    await refresh('members', id);
    const used = () => knex()('rate_limits').where('key', 'like', 'patreon_hour:%');
    await used().update({ points: 1_000_000_000 });
    await panel.control.reset();
    expect(await refresh('members', id)).toMatch(
      /our request budget is spent. It begins anew (in \d+ (minutes?|seconds?)|now)/,
    );
    expect(await panel.control.requests()).toEqual([]);
    await used().delete();
  });

  it('says that the connection has to be made again', async () => {
    const { id } = await one('members');
    const credentials = () => knex()('patreon_credentials').where({ id: panel.credentialId });
    await credentials().update({ state: 'reconnect_needed' });
    expect(await refresh('members', id)).toContain('no connection to Patreon');
    expect(await panel.control.requests()).toEqual([]);
    await credentials().update({ state: 'connected' });
  });

  it('is written down with who asked', async () => {
    const { id } = await one('members');
    await refresh('members', id, 'owner');
    const last = await knex()('audit_entries').where({ action: 'member.refreshed' }).orderBy('id', 'desc').first();
    expect(last).toMatchObject({ staff_id: people.owner.staff.id, subject_id: String(id) });
  });

  it('is offered to those who may, on each of the three pages', async () => {
    for (const kind of ['members', 'posts', 'campaigns'] as const) {
      const path = page(kind, (await one(kind)).id);
      expect((await people.manager.get(path)).text).toContain(`action="${path}refresh/"`);
      expect((await people.viewer.get(path)).text).not.toContain('refresh/');
    }
  });

  it('is refused to others, without its token, and for what is not there', async () => {
    const { id } = await one('members');
    for (const role of ['editor', 'viewer'] as const) {
      expect((await people[role].postForm(`${page('members', id)}refresh/`)).status).toBe(403);
    }
    expect(
      (
        await people.owner.agent
          .post(`${page('members', id)}refresh/`)
          .type('form')
          .send({})
      ).status,
    ).toBe(403);
    for (const kind of ['members', 'posts', 'campaigns'] as const) {
      for (const unknown of ['987654', 'abc', '0', '99999999999999']) {
        expect((await people.owner.postForm(`/patreon/${kind}/${unknown}/refresh/`)).status).toBe(404);
      }
    }
    expect(await panel.control.requests()).toEqual([]);
  });

  it('sends htmx to the whole page', async () => {
    const { id } = await one('posts');
    const answer = await people.manager.postForm(`${page('posts', id)}refresh/`, {}, { 'HX-Request': 'true' });
    expect([answer.status, answer.headers['hx-redirect']]).toEqual([200, page('posts', id)]);
  });

  it('is not offered for a campaign whose connection was deleted, and says so when it is asked for anyway', async () => {
    const id = await insertCampaign(knex(), { name: 'Left behind' });
    expect((await people.owner.get(page('campaigns', id))).text).not.toContain('refresh/');
    expect(await refresh('campaigns', id, 'owner')).toContain('no connection to Patreon');
    await rowsOf('campaigns').where({ id }).delete();
  });
});

describe('a refresh that an event asks for', () => {
  it('stores somebody who was not known before, and names the event', async () => {
    const { id: campaignId } = await one('campaigns');
    const { id: patreonId } = await panel.control.change('/members', { attributes: { full_name: 'New Here' } });
    const target = { resource: 'members', campaignId, patreonId } as const;
    const { outcome, changes } = await refreshFromPatreon(panel.context, target, { eventId: 77 });
    expect(outcome).toBe('created');
    expect(changes).toMatchObject([{ kind: 'created', event_id: 77, staff_id: null, run_id: null }]);
    const again = await refreshFromPatreon(panel.context, target, { eventId: 78 });
    expect(again).toMatchObject({ outcome: 'unchanged', changes: [], isGone: false });
  });
});
