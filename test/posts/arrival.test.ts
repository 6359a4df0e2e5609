import { currentProblems } from '../../src/apps/insight/status.service';
import { settlePosts } from '../../src/apps/posts/post-arrival.service';
import { isSameText, isSameTitle, likeness, wordRuns } from '../../src/apps/posts/post-likeness';
import { listUnsettled } from '../../src/apps/posts/unsettled-posts.service';
import { jobCatalogue } from '../../src/catalogue';
import { htmlText } from '../../src/lib/html-text';
import { markdownText } from '../../src/lib/markdown-text';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign, insertPosts } from '../support/campaign-factories';
import { readPage } from '../support/page';
import { insertDraft, storedDraft } from './draft-factories';

const HANDED_OFF = '2026-11-20T12:00:00.000Z';
const LATER = '2026-11-20T18:00:00.000Z';
const TITLE = 'A walk at dawn';
const MARKDOWN =
  'We went out **before** the birds did, and nobody else was there.\n\nThe harbour was “quiet”, the boats were in, and the light came slowly over the hill.\n\n- bread\n- a flask of tea';
const HTML =
  '<p>We went out <b>before</b> the birds did, and nobody else was there.</p><p>The harbour was &quot;quiet&quot;, the boats were in, and the light came&nbsp;slowly over the hill.</p><ul><li>bread</li><li>a flask of tea</li></ul>';

let app: TestApp;
let editor: SignedInVisitor;
let viewer: SignedInVisitor;
let campaign: number;
let now = new Date(LATER);

beforeAll(async () => {
  app = await startTestApp({ clock: { now: () => now } });
  [editor, viewer] = await Promise.all([app.signInAs('editor'), app.signInAs('viewer')]);
});
beforeEach(async () => {
  now = new Date(LATER);
  campaign = await insertCampaign(app.context.knex, { name: 'Quill Workshop' });
});
afterEach(async () => {
  await app.context.knex('patreon_campaigns').where({ id: campaign }).delete();
});
afterAll(() => app.close());

const knex = () => app.context.knex;
const stored = (id: number) => storedDraft(knex(), id);
const settle = () => settlePosts(app.context, campaign);
const candidatesOf = (id: number): Promise<number[]> =>
  knex()('post_draft_candidates').where({ draft_id: id }).whereNull('refused_at').orderBy('post_id').pluck('post_id');
const pageOf = async (id: number, below = '') =>
  readPage((await editor.get(`/patreon/posts/${id}/${below}`).expect(200)).text);
const problems = async () => {
  const found = await currentProblems(app.context, (key) => key);
  return found.filter(({ fix_url }) => fix_url.includes('/posts/')).map(({ code, fix_url }) => `${code} ${fix_url}`);
};

/** A draft that was handed off as its first version. */
const handedOff = (values: Record<string, unknown> = {}) =>
  insertDraft(knex(), campaign, {
    state: 'handed_off',
    title: TITLE,
    content: MARKDOWN,
    handed_off_version: 1,
    handed_off_at: HANDED_OFF,
    ...values,
  });

async function post(values: Record<string, unknown> = {}): Promise<number> {
  const whole = { title: TITLE, content: HTML, published_at: LATER, is_public: false, tiers: [], ...values };
  return (await insertPosts(knex(), campaign, [whole]))[0] as number;
}

/** As a sync stores it: `changed_at` moves with what changed. */
const store = (id: number, values: Record<string, unknown>) =>
  knex()('patreon_posts')
    .where({ id })
    .update({ ...values, changed_at: knex().raw('clock_timestamp()') });

describe('a post that was handed off', () => {
  it('is found by its title and its text, linked and published', async () => {
    const id = await handedOff();
    const postId = await post();
    await settle();
    expect(await stored(id)).toMatchObject({ state: 'published', post_id: postId, state_by: null });
    const page = await pageOf(id);
    expect(page.text).toContain('It is live, with the words that were handed off or accepted.');
    expect(page.html).toContain(`href="/patreon/posts/${postId}/"`);
  });

  it.each([
    ['another case and kinds of space in the title', { title: '  a WALK\u00a0at dawn ' }],
    ['a corrected word in the text', { content: HTML.replace('slowly', 'late') }],
    [
      'pictures and markup that Patreon added',
      { content: `<h2></h2><figure><img src="https://c10.patreonusercontent.com/1?token-time=1"></figure>${HTML}` },
    ],
    ['a time that lies a few hours before the hand-off', { published_at: '2026-11-20T03:00:00.000Z' }],
  ])('is found in spite of %s', async (_what, values) => {
    const id = await handedOff();
    const postId = await post(values);
    await settle();
    expect((await stored(id)).post_id).toBe(postId);
  });

  it.each([
    [
      'nothing like it is there',
      { title: 'Something else', content: '<p>Of other things altogether, told at length.</p>' },
    ],
    ['the post is older', { published_at: '2026-11-18T12:00:00.000Z' }],
    ['the post is gone', { gone_at: LATER }],
  ])('waits while %s', async (_what, values) => {
    const id = await handedOff();
    await post(values);
    await settle();
    expect(await stored(id)).toMatchObject({ state: 'handed_off', post_id: null });
    expect(await candidatesOf(id)).toEqual([]);
  });

  it('is not looked for in another campaign', async () => {
    const id = await handedOff();
    const other = await insertCampaign(knex(), {});
    await insertPosts(knex(), other, [{ title: TITLE, content: HTML, published_at: LATER }]);
    await settle();
    await settlePosts(app.context, other);
    expect((await stored(id)).state).toBe('handed_off');
  });

  it('is not found again, however often it is looked for', async () => {
    const id = await handedOff();
    await post();
    await Promise.all([settle(), settle(), settle()]);
    await settle();
    expect(await knex()('post_draft_moves').where({ draft_id: id })).toHaveLength(1);
  });

  it('does not arrive once it was taken back', async () => {
    const id = await handedOff({ state: 'draft' });
    await post();
    await settle();
    expect((await stored(id)).state).toBe('draft');
  });
});

describe('when it is not certain which post it is', () => {
  it.each([
    ['the title is another', { title: 'At dawn' }, 'Another title · same text'],
    [
      'the text is another',
      { content: '<p>This week, something wholly different for a change.</p>' },
      'Same title · another text',
    ],
    ['Patreon sends no text', { content: null }, 'Same title · no text to compare'],
  ])('staff are asked where %s', async (_what, values, words) => {
    const id = await handedOff();
    const postId = await post(values);
    await settle();
    expect(await stored(id)).toMatchObject({ state: 'handed_off', post_id: null });
    expect(await candidatesOf(id)).toEqual([postId]);
    expect((await pageOf(id)).text).toContain('A post on Patreon may be this one.');
    expect((await pageOf(id, 'match/')).text).toContain(words);
    expect(await problems()).toContain(`post_unmatched /patreon/posts/${id}/match/`);
  });

  it('staff are asked where the post was published twice', async () => {
    const id = await handedOff();
    const both = [await post(), await post()];
    await settle();
    expect((await stored(id)).state).toBe('handed_off');
    expect(await candidatesOf(id)).toEqual(both);
  });

  it('staff are asked where two drafts may be the one post', async () => {
    const drafts = [await handedOff(), await handedOff()];
    const postId = await post();
    await settle();
    for (const id of drafts) {
      expect((await stored(id)).state).toBe('handed_off');
      expect(await candidatesOf(id)).toEqual([postId]);
    }
  });

  it('a word of theirs links it, and the other draft is offered the post no more', async () => {
    const [id, other] = [await handedOff(), await handedOff()];
    const postId = await post();
    await settle();
    const answer = await editor.postForm(`/patreon/posts/${id}/match/`, { post: String(postId) });
    expect([answer.status, answer.headers.location]).toEqual([303, `/patreon/posts/${id}/`]);
    expect(await stored(id)).toMatchObject({ state: 'published', post_id: postId, state_by: editor.staff.id });
    const audit = await knex()('audit_entries').where({ action: 'draft.linked', subject_id: String(id) });
    expect(audit).toMatchObject([{ details: { post_id: postId } }]);
    const late = await editor.postForm(`/patreon/posts/${other}/match/`, { post: String(postId) });
    expect(late.status).toBe(409);
    await settle();
    expect(await candidatesOf(other)).toEqual([]);
  });

  it('one of two people who link at the same moment is told that the post is taken', async () => {
    const [id, other] = [await handedOff(), await handedOff()];
    const postId = await post();
    await settle();
    const answers = await Promise.all(
      [id, other].map((one) => editor.postForm(`/patreon/posts/${one}/match/`, { post: String(postId) })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 409]);
  });

  it('“none of these” is remembered, and a later post is still found', async () => {
    const id = await handedOff();
    const wrong = await post({ content: '<p>Last week, something wholly different for a change.</p>' });
    await settle();
    expect((await pageOf(id, 'match/')).html).toContain(`name="seen" value="${wrong}"`);
    const refused = await editor.postForm(`/patreon/posts/${id}/match/`, { post: 'none', seen: String(wrong) });
    expect(refused.status).toBe(303);
    await settle();
    expect(await candidatesOf(id)).toEqual([]);
    const right = await post();
    await settle();
    expect(await stored(id)).toMatchObject({ state: 'published', post_id: right });
  });

  it('“none of these” says nothing of a post that was found since the page was opened', async () => {
    const id = await handedOff();
    const wrong = await post({ content: '<p>Last week, something wholly different for a change.</p>' });
    await settle();
    const right = await post();
    await settle();
    await editor.postForm(`/patreon/posts/${id}/match/`, { post: 'none', seen: String(wrong) });
    expect(await candidatesOf(id)).toEqual([right]);
    for (const seen of ['', 'x', '1,2', `${10 ** 15}`])
      expect((await editor.postForm(`/patreon/posts/${id}/match/`, { post: 'none', seen })).status).toBe(422);
    expect(await candidatesOf(id)).toEqual([right]);
  });

  it('it is offered no more once it is gone', async () => {
    const id = await handedOff();
    const postId = await post({ title: 'At dawn' });
    await settle();
    await store(postId, { gone_at: LATER });
    expect((await pageOf(id, 'match/')).text).toContain('There is nothing to choose from just now.');
    await settle();
    expect(await candidatesOf(id)).toEqual([]);
  });

  it('nobody links what was not offered, and viewers link nothing', async () => {
    const id = await handedOff();
    const postId = await post({ title: 'Something else', content: '<p>Of other things altogether.</p>' });
    await settle();
    const link = (who: SignedInVisitor, fields: Record<string, string>) =>
      who.postForm(`/patreon/posts/${id}/match/`, fields);
    expect((await link(editor, { post: String(postId) })).status).toBe(409);
    expect((await stored(id)).post_id).toBeNull();
    expect((await link(editor, { post: 'x' })).status).toBe(422);
    expect((await link(editor, {})).status).toBe(422);
    expect((await link(viewer, { post: 'none' })).status).toBe(403);
  });
});

describe('a revision of a post that is live', () => {
  it('arrives when Patreon’s copy has its title and its text', async () => {
    const postId = await post({ title: 'A walk', content: '<p>Soon.</p>', changed_at: '2026-11-19T12:00:00Z' });
    const id = await handedOff({ post_id: postId });
    await settle();
    expect((await stored(id)).state).toBe('handed_off');
    expect(await candidatesOf(id)).toEqual([]);
    expect((await pageOf(id)).text).toContain('the revision has arrived');
    await store(postId, { title: TITLE, content: HTML });
    await settle();
    expect(await stored(id)).toMatchObject({ state: 'published', post_id: postId });
  });

  it('is asked about when its post was changed to other words than those that were handed off', async () => {
    const postId = await post({ title: 'A walk', content: '<p>Soon.</p>', changed_at: '2026-11-19T12:00:00Z' });
    const id = await handedOff({ post_id: postId });
    await store(postId, { title: TITLE, content: `${HTML}<p>Thank you for reading.</p>` });
    await settle();
    expect(await candidatesOf(id)).toEqual([postId]);
    expect(await problems()).toEqual([`post_unmatched /patreon/posts/${id}/match/`]);
    await editor.postForm(`/patreon/posts/${id}/match/`, { post: String(postId) });
    await settle();
    expect(await stored(id)).toMatchObject({ state: 'drifted', post_id: postId });
  });

  it('is begun from what is live, and is not told as changed meanwhile', async () => {
    const id = await handedOff();
    const postId = await post();
    await settle();
    await editor.postForm(`/patreon/posts/${id}/move/`, { to: 'draft' });
    await store(postId, { title: 'A walk at dusk' });
    await settle();
    expect(await stored(id)).toMatchObject({ state: 'draft', post_id: postId });
  });
});

describe('a published post that changes on Patreon', () => {
  async function published(): Promise<{ id: number; postId: number }> {
    const id = await handedOff();
    const postId = await post();
    await settle();
    return { id, postId };
  }

  it.each([
    ['title', { title: 'A walk at dusk' }, 'A walk at'],
    ['text', { content: HTML.replace('slowly', 'late') }, 'late'],
    ['audience', { is_public: true }, 'Public'],
  ])('has drifted when its %s is another, and shows how', async (_what, values, words) => {
    const { id, postId } = await published();
    await store(postId, values);
    await settle();
    expect(await stored(id)).toMatchObject({ state: 'drifted', state_by: null });
    const page = await pageOf(id);
    expect(page.text).toContain('Patreon’s copy is no longer what was handed off');
    expect(page.html).toContain('<del>');
    expect(page.html).toContain(words);
  });

  it.each([
    [
      'addresses of pictures that renew themselves',
      { content: `${HTML}<img src="https://c10.patreonusercontent.com/1?token-time=2">` },
    ],
    [
      'quotes, spaces and markup of Patreon’s own',
      { content: HTML.replaceAll('&quot;', '”').replaceAll('<p>', '<p dir="ltr">').replaceAll('b>', 'strong>') },
    ],
    ['a text that Patreon no longer tells', { content: null }],
    ['an audience that Patreon does not tell', { is_public: null, tiers: null }],
    ['an address', { url: '/posts/other' }],
  ])('has not drifted by %s', async (_what, values) => {
    const { id, postId } = await published();
    await store(postId, values);
    await settle();
    expect((await stored(id)).state).toBe('published');
  });

  it('has drifted when its tiers are others than those that were handed off', async () => {
    const id = await handedOff({ tiers: ['1', '2'] });
    const postId = await post({ tiers: ['2', '1'] });
    await settle();
    expect((await stored(id)).state).toBe('published');
    await store(postId, { tiers: ['1'] });
    await settle();
    expect((await stored(id)).state).toBe('drifted');
  });

  it('is published again when Patreon’s copy goes back', async () => {
    const { id, postId } = await published();
    for (const [title, state] of [
      ['A walk at dusk', 'drifted'],
      [TITLE, 'published'],
      ['A walk at noon', 'drifted'],
    ]) {
      await store(postId, { title });
      await settle();
      expect((await stored(id)).state).toBe(state);
    }
    expect(await knex()('post_draft_moves').where({ draft_id: id })).toHaveLength(4);
  });

  it('is told once, however many look at the same moment', async () => {
    const { id, postId } = await published();
    await store(postId, { title: 'A walk at dusk' });
    await Promise.all([settle(), settle(), settle()]);
    expect(await knex()('post_draft_moves').where({ draft_id: id, to_state: 'drifted' })).toHaveLength(1);
  });

  it('is compared with what staff accepted from then on', async () => {
    const { id, postId } = await published();
    await store(postId, { title: 'A walk at dusk' });
    await settle();
    const { seen = '' } = (await pageOf(id)).values();
    const accept = () => editor.postForm(`/patreon/posts/${id}/accept/`, { seen });
    expect((await accept()).status).toBe(303);
    expect((await accept()).status).toBe(303);
    expect(await stored(id)).toMatchObject({ state: 'published', state_by: editor.staff.id, title: TITLE });
    await store(postId, { url: '/posts/other' });
    await settle();
    expect((await stored(id)).state).toBe('published');
    await store(postId, { title: TITLE });
    await settle();
    expect((await stored(id)).state).toBe('drifted');
  });

  it('begins a revision with what staff accepted, not with our older words', async () => {
    const { id, postId } = await published();
    await store(postId, { title: 'A walk at dusk', content: '<p>Put <b>right</b> on Patreon.</p>' });
    await settle();
    const { seen = '' } = (await pageOf(id)).values();
    await editor.postForm(`/patreon/posts/${id}/accept/`, { seen });
    expect((await pageOf(id)).html).toContain(`href="/patreon/posts/${id}/edit/">Start a revision</a>`);
    await editor.postForm(`/patreon/posts/${id}/revise/`);
    const revision = { state: 'draft', title: 'A walk at dusk', content: 'Put **right** on Patreon.', post_id: postId };
    expect(await stored(id)).toMatchObject(revision);
  });

  it.each([
    ['is over when it is begun', '2026-11-20T17:00:00Z', null],
    ['is still ahead', '2026-11-25T17:00:00Z', '2026-11-25T17:00:00.000+00:00'],
  ])('begins a revision without its old plan only where that %s', async (_name, planned, kept) => {
    const { id } = await published();
    await knex()('post_drafts').where({ id }).update({ planned_for: planned });
    await editor.postForm(`/patreon/posts/${id}/revise/`);
    expect(await stored(id)).toMatchObject({ state: 'draft', planned_for: kept });
    expect(await problems()).toEqual([]);
  });

  it('is not late for the plan that was over when it was taken back, but for a plan of its own', async () => {
    const { id } = await published();
    const planned_for = '2026-11-20T17:59:00Z';
    await editor.postForm(`/patreon/posts/${id}/revise/`);
    await knex()('post_drafts').where({ id }).update({ planned_for });
    expect(await problems()).toEqual([]);
    await knex()('post_drafts').where({ id }).update({ planned_for: '2026-11-20T18:01:00Z' });
    now = new Date('2026-11-20T18:02:00Z');
    expect(await problems()).toEqual([`plan_overdue /patreon/posts/${id}/`]);
  });

  it('is not accepted by somebody who saw an older copy, nor by viewers', async () => {
    const { id, postId } = await published();
    await store(postId, { title: 'A walk at dusk' });
    await settle();
    const { seen = '' } = (await pageOf(id)).values();
    await store(postId, { title: 'A walk at noon' });
    const answer = await editor.postForm(`/patreon/posts/${id}/accept/`, { seen });
    expect(answer.status).toBe(409);
    expect(readPage(answer.text).text).toContain('Patreon’s copy has changed since you opened the page');
    expect((await viewer.postForm(`/patreon/posts/${id}/accept/`, { seen })).status).toBe(403);
    expect((await stored(id)).state).toBe('drifted');
  });

  it('begins a revision with our text, which is handed off and compared anew', async () => {
    const { id, postId } = await published();
    await store(postId, { title: 'A walk at dusk' });
    await settle();
    expect((await pageOf(id)).text).toContain('Start a revision with our text');
    for (const to of ['draft', 'ready']) await editor.postForm(`/patreon/posts/${id}/move/`, { to });
    await editor.postForm(`/patreon/posts/${id}/handoff/`);
    await settle();
    expect((await stored(id)).state).toBe('handed_off');
    await store(postId, { title: TITLE });
    await settle();
    expect((await stored(id)).state).toBe('published');
  });

  it('says so when it is gone from Patreon, and stays what it was', async () => {
    const { id, postId } = await published();
    await store(postId, { gone_at: LATER });
    await settle();
    expect((await stored(id)).state).toBe('published');
    expect((await pageOf(id)).text).toContain('Patreon no longer has the post that this became.');
  });

  it('says so when its copy was deleted here', async () => {
    const { id, postId } = await published();
    await knex()('patreon_posts').where({ id: postId }).delete();
    await settle();
    expect((await pageOf(id)).text).toContain('The copy of the post that it became was deleted here.');
  });
});

describe('what a killed process has missed', () => {
  it('is found by looking at campaigns in which something waits', async () => {
    const nobody = await listUnsettled(app.context);
    expect(nobody).not.toContain(campaign);
    const id = await handedOff();
    expect(await listUnsettled(app.context)).toContain(campaign);
    const postId = await post();
    await settle();
    expect(await listUnsettled(app.context)).not.toContain(campaign);
    await store(postId, { title: 'A walk at dusk' });
    expect(await listUnsettled(app.context)).toContain(campaign);
    await settle();
    expect((await stored(id)).state).toBe('drifted');
    expect(await listUnsettled(app.context)).not.toContain(campaign);
  });
});

describe('the job that looks again', () => {
  it('settles each campaign in which something waits', async () => {
    const id = await handedOff();
    await post();
    const job = jobCatalogue.find(({ name }) => name === 'settle-posts');
    await job?.run(app.context, {}, { signal: new AbortController().signal, attempt: 1 });
    expect((await stored(id)).state).toBe('published');
  });

  it('settles the others where one fails, and fails after them', async () => {
    await handedOff({ handed_off_at: 'infinity' });
    const other = await insertCampaign(knex(), { name: 'Lantern Row' });
    const id = await insertDraft(knex(), other, {
      ...{ state: 'handed_off', title: TITLE, content: MARKDOWN },
      ...{ handed_off_version: 1, handed_off_at: HANDED_OFF },
    });
    await insertPosts(knex(), other, [{ title: TITLE, content: HTML, published_at: LATER }]);
    const job = jobCatalogue.find(({ name }) => name === 'settle-posts');
    const run = job?.run(app.context, {}, { signal: new AbortController().signal, attempt: 1 });
    await expect(run).rejects.toThrow(RangeError);
    expect((await stored(id)).state).toBe('published');
    await knex()('patreon_campaigns').where({ id: other }).delete();
  });

  it('looks at every draft in turn where more wait than are looked at once', async () => {
    const { rows } = await knex().raw(
      `with d as (
         insert into post_drafts (campaign_id, state, title, handed_off_version, handed_off_at)
         select ?, 'handed_off', 'Never ' || i, 1, '2026-11-01' from generate_series(1, 200) i returning id)
       insert into post_draft_versions (draft_id, version, kind, title, content, is_paid, is_public, tiers, tags, notes)
       select id, 1, 'created', 'Never', '', false, false, '{}', '{}', '' from d returning draft_id`,
      [campaign],
    );
    expect(rows).toHaveLength(200);
    const id = await handedOff();
    await post();
    await settle();
    now = new Date(now.getTime() + 600_000);
    await settle();
    expect((await stored(id)).state).toBe('published');
  });

  it('begins nothing more once the process is asked to stop', async () => {
    const id = await handedOff();
    await post();
    const job = jobCatalogue.find(({ name }) => name === 'settle-posts');
    await job?.run(app.context, {}, { signal: AbortSignal.abort(), attempt: 1 });
    expect((await stored(id)).state).toBe('handed_off');
  });
});

describe('a plan that is not kept', () => {
  const waiting = (values: Record<string, unknown>) => insertDraft(knex(), campaign, { title: TITLE, ...values });

  it.each(['draft', 'in_review', 'ready'])('is a problem at its hour while the post is %s', async (state) => {
    const id = await waiting({ state, planned_for: '2026-11-20T18:00:00Z' });
    expect(await problems()).toEqual([]);
    now = new Date('2026-11-20T18:00:01Z');
    expect(await problems()).toEqual([`plan_overdue /patreon/posts/${id}/`]);
  });

  it('is a problem a day after it while a post that was handed off is not seen', async () => {
    const id = await handedOff({ planned_for: '2026-11-21T12:00:00Z' });
    now = new Date('2026-11-22T12:00:00Z');
    expect(await problems()).toEqual([]);
    now = new Date('2026-11-22T12:00:01Z');
    expect(await problems()).toEqual([`plan_overdue /patreon/posts/${id}/`]);
  });

  it('is a problem a day after the hand-off where no day was planned', async () => {
    await handedOff();
    now = new Date('2026-11-21T12:00:01Z');
    expect(await problems()).toHaveLength(1);
  });

  it('is none for ideas, for what is published, for what is deleted, and for campaigns that are gone', async () => {
    const past = { planned_for: '2026-11-01T12:00:00Z' };
    await waiting({ state: 'idea', ...past });
    await waiting({ state: 'published', ...past });
    await waiting({ state: 'ready', deleted_at: LATER, ...past });
    expect(await problems()).toEqual([]);
    await waiting({ state: 'ready', ...past });
    await knex()('patreon_campaigns').where({ id: campaign }).update({ gone_at: LATER });
    expect(await problems()).toEqual([]);
  });

  it('leads to the list where there are several', async () => {
    const past = { state: 'ready', planned_for: '2026-11-01T12:00:00Z' };
    await waiting(past);
    await waiting(past);
    expect(await problems()).toEqual(['plan_overdue /patreon/posts/?drafts_sort=planned#drafts']);
  });

  it('leads to the posts that were handed off alone where several of them are not seen', async () => {
    const ids = [await handedOff(), await handedOff()];
    await waiting({ state: 'ready' });
    now = new Date('2026-11-21T12:00:01Z');
    const [address = ''] = (await problems()).map((problem) => problem.split(' ')[1]);
    // A session does not last that long.
    now = new Date(LATER);
    const { text } = await editor.get(address.replace(/#.*/, '')).expect(200);
    const listed = readPage(text).rows('drafts');
    expect(listed.map(({ id }) => Number(id)).sort()).toEqual(ids.sort());
  });
});

describe('the texts that are compared', () => {
  it('are the same words, whether they came as Markdown or as Patreon’s HTML', () => {
    expect(isSameText(markdownText(MARKDOWN), htmlText(HTML))).toBe(true);
  });

  it.each([
    ['# One\n\n> two **three**\nfour', '<h2>One</h2><blockquote><p>two <b>three</b><br>four</p></blockquote>'],
    ['a < b & c > d', '<p>a &lt; b &amp; c &gt; d</p>'],
    ['`<p>` &amp;lt;', '<p><code>&lt;p&gt;</code> &amp;lt;</p>'],
    ['[words](https://example.com/a)', '<p><a href="https://example.com/a">words</a></p>'],
    ['before ![alt](/patreon/posts/pictures/1/) after', '<p>before <img alt="x" src="https://a.test/b"> after</p>'],
    ['one\n\n***\n\ntwo', '<p>one</p><hr><p>two</p>'],
    ['1. one\n2. two', '<ol><li><p>one</p></li><li><p>two</p></li></ol>'],
    ['<b>raw</b>', '<p>&lt;b&gt;raw&lt;/b&gt;</p>'],
  ])('of %j and %j are equal', (markdown, html) => {
    expect(markdownText(markdown)).toBe(htmlText(html));
  });

  it('tell a changed word, its case, and a missing sentence', () => {
    for (const other of ['we went out.', 'We went in.', 'We went out. Home.'])
      expect(isSameText('We went out.', other)).toBe(false);
  });

  it('know titles in any case, but an empty one is like none', () => {
    expect([isSameTitle('ÉTÉ', 'été'), isSameTitle('', ''), isSameTitle(' ', 'x')]).toEqual([true, false, false]);
  });

  it('are alike by the runs of words that they share', () => {
    const share = (one: string, other: string) => likeness(wordRuns(one), wordRuns(other));
    expect(share('one two three four five', 'one two three four five')).toBe(1);
    expect(share('one two three four', 'one two three five')).toBe(0.5);
    expect(share('five four three two one', 'one two three four five')).toBe(0);
    expect(share('', 'one')).toBeNull();
  });
});
