import { patreonClientFor } from '../../src/apps/connections/patreon-client.service';
import { memberStore } from '../../src/apps/sync/member-store';
import { postStore } from '../../src/apps/sync/post-store';
import { type ReadOutcome, readOne } from '../../src/apps/sync/read-one';
import { API, type ConnectedPanel, MEMBERS, POSTS, partOf, startConnectedPanel } from './connected-panel';

const ONE_MEMBER = `${API}/members/{id}`;

describe('two reads of one member at the same moment', () => {
  let panel: ConnectedPanel;
  let campaignId: number;
  let patreonId: string;

  beforeEach(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: 6, posts: 1 }] });
    await panel.sync();
    await panel.control.reset();
    const member = await panel.context.knex('patreon_members').orderBy('patreon_id').first();
    ({ campaign_id: campaignId, patreon_id: patreonId } = member);
  }, 40_000);
  afterEach(() => panel.close());

  const rename = (full_name: string) => panel.control.change(`/members/${patreonId}`, { attributes: { full_name } });
  const row = () => panel.context.knex('patreon_members').where({ patreon_id: patreonId }).first();
  const single = async (): Promise<ReadOutcome> => {
    const client = await patreonClientFor(panel.context, panel.credentialId);
    return readOne(panel.context, {
      target: { campaignId, resource: 'members', patreonId },
      store: memberStore(panel.context, campaignId),
      read: () => client.getMember(patreonId),
      write: (work) => panel.context.knex.transaction(work),
    });
  };
  const held = async () => {
    while ((await panel.control.heldAnswers()).length === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  const readsOfTheMember = async () =>
    (await panel.control.paths()).filter((path) => path.startsWith(`/members/${patreonId}`)).length;

  it('ends with what Patreon says when the list was answered before the change and arrives after it', async () => {
    await rename('Before');
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer' });
    const run = panel.sync({ resources: ['members'] });
    await held();
    await rename('After');
    expect(await single()).toBe('updated');
    await panel.control.release();
    expect(partOf(await run, 'members')).toMatchObject({ fetched: 6 });
    expect(await row()).toMatchObject({ full_name: 'After' });
  });

  it('ends with what Patreon says when the single answer is the older one and the list found nothing new', async () => {
    const { full_name: original } = await row();
    await panel.control.fault({ match: ONE_MEMBER, kind: 'held-answer' });
    await rename('For a moment');
    const late = single();
    await held();
    await rename(original);
    expect((await panel.sync({ resources: ['members'] })).state).toBe('succeeded');
    await panel.control.release();
    expect(await late).toBe('unchanged');
    expect(await row()).toMatchObject({ full_name: original });
    expect(await readsOfTheMember()).toBe(2);
  });

  it('ends with what Patreon says when the list is the older answer and the single read found nothing new', async () => {
    const { full_name: original } = await row();
    await rename('For a moment');
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer' });
    const run = panel.sync({ resources: ['members'] });
    await held();
    await rename(original);
    expect(await single()).toBe('unchanged');
    await panel.control.release();
    expect((await run).state).toBe('succeeded');
    expect(await row()).toMatchObject({ full_name: original });
  });

  it('ends with what Patreon says when the single read came while the page waited to be judged', async () => {
    const [first] = await panel.control.truth<{ id: string }>('members');
    patreonId = first?.id as string;
    const { full_name: original } = await row();
    await rename('For a moment');
    await panel.control.settings({ most_per_page: 3 });
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer', page: 2 });
    const run = panel.sync({ resources: ['members'] });
    await held();
    await rename(original);
    expect(await single()).toBe('unchanged');
    await panel.control.release();
    expect((await run).state).toBe('succeeded');
    expect(await row()).toMatchObject({ full_name: original });
  });

  it('ends with what Patreon says also of posts, which are stored page by page', async () => {
    const { knex } = panel.context;
    const post = await knex('patreon_posts').first();
    const retitle = (title: string) => panel.control.change(`/posts/${post.patreon_id}`, { attributes: { title } });
    await retitle('For a moment');
    await panel.control.fault({ match: POSTS, kind: 'held-answer' });
    const run = panel.sync({ resources: ['posts'] });
    await held();
    await retitle(post.title);
    const client = await patreonClientFor(panel.context, panel.credentialId);
    const outcome = await readOne(panel.context, {
      target: { campaignId, resource: 'posts', patreonId: post.patreon_id },
      store: postStore(campaignId),
      read: () => client.getPost(post.patreon_id),
      write: (work) => knex.transaction(work),
    });
    expect(outcome).toBe('unchanged');
    await panel.control.release();
    expect((await run).state).toBe('succeeded');
    expect(await knex('patreon_posts').first('title')).toEqual({ title: post.title });
  });

  it('ends with what Patreon says when two single answers cross', async () => {
    await panel.control.fault({ match: ONE_MEMBER, kind: 'held-answer' });
    await rename('First');
    const late = single();
    await held();
    await rename('Second');
    expect(await single()).toBe('updated');
    await panel.control.release();
    expect(await late).toBe('unchanged');
    expect(await row()).toMatchObject({ full_name: 'Second' });
  });

  it('does not bring back a member that a 404 showed to be gone while the list was on its way', async () => {
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer' });
    await rename('Leaving');
    const run = panel.sync({ resources: ['members'] });
    await held();
    await panel.control.change(`/members/${patreonId}`, { removed: true });
    expect(await single()).toBe('gone');
    await panel.control.release();
    await run;
    expect((await row()).gone_at).not.toBeNull();
  });

  it('asks nobody twice while nothing overlaps', async () => {
    await rename('Quietly');
    expect(await single()).toBe('updated');
    expect(await single()).toBe('unchanged');
    await panel.sync();
    expect(await readsOfTheMember()).toBe(2);
  });
});
