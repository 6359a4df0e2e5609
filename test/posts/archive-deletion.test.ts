import { dryRun } from '../../src/apps/sync/dry-run';
import type { SignedInVisitor } from '../support/app';
import { readPage } from '../support/page';
import { type ConnectedPanel, partOf, startConnectedPanel } from '../sync/connected-panel';

describe('deleting a post here', () => {
  let panel: ConnectedPanel;
  let manager: SignedInVisitor;
  let post: { id: number; patreon_id: string; title: string; campaign_id: number };

  const knex = (table: string) => panel.context.knex(table);
  const address = () => `/patreon/posts/${post.id}/delete/`;
  const remove = (confirm = post.title) => manager.postForm(address(), { confirm });

  beforeEach(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: 3, posts: 25 }] });
    await panel.sync();
    manager = await panel.app.signInAs('manager');
    post = await knex('patreon_posts').whereNotNull('title').orderBy('id').first();
  }, 40_000);
  afterEach(() => panel.close());

  it('asks for the title, and says what goes and what stays', async () => {
    const [draft] = await knex('post_drafts')
      .insert({ campaign_id: post.campaign_id, post_id: post.id, title: 'As it was written' })
      .returning('id');
    const page = readPage((await manager.get(address()).expect(200)).text);
    expect(page.text).toContain('Everything on Patreon');
    expect(page.html).toContain(`/patreon/posts/${draft.id}/`);
    const answer = await remove('something else');
    expect([answer.status, await knex('ignored_posts').first()]).toEqual([422, undefined]);
    expect(answer.text).toContain('This is not what has to be typed.');
  });

  it('asks for Patreon’s id where the title is longer than anybody types', async () => {
    const title = 'A long walk '.repeat(100).trim();
    await knex('patreon_posts').where({ id: post.id }).update({ title });
    const page = readPage((await manager.get(address()).expect(200)).text);
    expect(page.text).toContain(`Type ${post.patreon_id} to show that you mean it.`);
    expect((await remove(post.patreon_id)).status).toBe(303);
    expect(await knex('patreon_posts').where({ id: post.id }).first()).toBeUndefined();
  });

  it('removes the copy with all that was kept of it, and leaves its draft without the link', async () => {
    const draft = { campaign_id: post.campaign_id, post_id: post.id, state: 'published' };
    await knex('post_drafts').insert(draft);
    await knex('patreon_posts').where({ id: post.id }).update({ title: post.title, content: 'other' });
    expect((await remove()).status).toBe(303);
    for (const [table, key] of [
      ['patreon_posts', 'id'],
      ['patreon_post_search', 'id'],
      ['patreon_changes', 'record_id'],
    ] as const)
      expect([
        table,
        await knex(table)
          .where({ [key]: post.id, ...(key === 'id' ? {} : { resource: 'post' }) })
          .first(),
      ]).toEqual([table, undefined]);
    expect(await knex('post_drafts').first('post_id', 'state')).toEqual({ post_id: null, state: 'published' });
    const entry = await knex('audit_entries').where({ action: 'post.deleted' }).first();
    expect(entry.details).toEqual({ patreon_id: post.patreon_id });
    await manager.get(`/patreon/posts/${post.id}/`).expect(404);
  });

  it('is done and told once, however often the form is sent', async () => {
    // The session has its token by then: three first pages at once would each draw one.
    await manager.get(address());
    const answers = await Promise.all([remove(), remove(), remove()]);
    expect(answers.map(({ status }) => status).every((status) => status === 303 || status === 404)).toBe(true);
    expect(await knex('audit_entries').where({ action: 'post.deleted' })).toHaveLength(1);
  });

  it('is not undone by a sync: the post is neither created nor missing', async () => {
    await remove();
    const dry = await dryRun(
      panel.context,
      { campaignId: undefined, resources: ['posts'] },
      new AbortController().signal,
    );
    expect(dry.campaigns[0]?.resources.posts).toMatchObject({
      fetched: 25,
      created: 0,
      updated: 0,
      unchanged: 25,
      gone: 0,
    });
    const report = await panel.sync();
    expect(report.state).toBe('succeeded');
    expect(partOf(report, 'posts')).toMatchObject({ fetched: 25, created: 0, updated: 0, unchanged: 25, gone: 0 });
    expect(await knex('patreon_posts').count('* as n')).toEqual([{ n: 24 }]);
    expect(await knex('patreon_posts').whereNotNull('gone_at')).toEqual([]);
  });

  it('does not hide that another post is gone', async () => {
    await remove();
    const other = await knex('patreon_posts').orderBy('id').first();
    await panel.control.change(`/posts/${other.patreon_id}`, { removed: true });
    expect(partOf(await panel.sync(), 'posts')).toMatchObject({ fetched: 24, gone: 1 });
    expect(await knex('patreon_posts').whereNotNull('gone_at').pluck('id')).toEqual([other.id]);
  });

  it('is undone from the list of ignored posts, by the sync that follows', async () => {
    await remove();
    const page = readPage((await manager.get('/patreon/posts/ignored/').expect(200)).text);
    expect(page.html).toContain(`data-ignored="${post.patreon_id}"`);
    expect((await manager.get('/patreon/posts/')).text).toContain('/patreon/posts/ignored/');
    const { id } = await knex('ignored_posts').first('id');
    expect((await manager.postForm(`/patreon/posts/ignored/${id}/delete/`)).status).toBe(303);
    const told = (await manager.get('/patreon/posts/ignored/')).text;
    expect(told).toContain(`<a href="/patreon/campaigns/${post.campaign_id}/sync/">Sync now</a>`);
    expect((await manager.postForm(`/patreon/posts/ignored/${id}/delete/`)).status).toBe(404);
    expect(partOf(await panel.sync(), 'posts')).toMatchObject({ created: 1, unchanged: 24 });
    expect(await knex('patreon_posts').where({ patreon_id: post.patreon_id }).first('title')).toEqual({
      title: post.title,
    });
  });

  it('holds also against a read that was storing the post at that moment', async () => {
    const trx = await panel.context.knex.transaction();
    await trx('patreon_posts').where({ id: post.id }).delete();
    const { campaign_id, patreon_id, title } = post;
    await trx('ignored_posts').insert({ campaign_id, patreon_id, title });
    const row = { campaign_id, patreon_id, title: 'Read again', read_seq: 1 };
    const storing = knex('patreon_posts').insert(row).onConflict(['campaign_id', 'patreon_id']).merge(['title']);
    const stored = Promise.resolve(storing);
    await waitForLock();
    await trx.commit();
    await stored;
    expect(await knex('patreon_posts').where({ patreon_id }).first()).toBeUndefined();
    expect(await knex('patreon_post_search').where({ id: post.id }).first()).toBeUndefined();
  });

  it('is for those who may, though all who write reach the address', async () => {
    const editor = await panel.app.signInAs('editor');
    await editor.get(address()).expect(403);
    expect((await editor.postForm(address(), { confirm: post.title })).status).toBe(403);
    expect((await editor.get(`/patreon/posts/${post.id}/`)).text).not.toContain('/delete/');
    expect((await editor.postForm('/patreon/posts/ignored/1/delete/')).status).toBe(403);
    await manager.get('/patreon/posts/987654/delete/').expect(404);
  });

  /** Until a statement waits for the transaction that deletes the post. */
  async function waitForLock(): Promise<void> {
    for (;;) {
      const { rows } = await panel.context.knex.raw(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      if (rows.length > 0) return;
    }
  }
});
