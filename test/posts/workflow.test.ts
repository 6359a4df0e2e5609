import { moveDraft } from '../../src/apps/posts/draft-moves.service';
import type { DraftState } from '../../src/apps/posts/draft-states';
import { DRAFT_STATES, mayMove, staffMoves } from '../../src/apps/posts/draft-states';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign } from '../support/campaign-factories';
import { readPage } from '../support/page';
import { insertDraft, storedDraft } from './draft-factories';

const NOW = '2026-11-22T12:00:00.000Z';
const WHOLE = { title: 'A walk at dawn', content: 'We went out before the birds did.' };

let app: TestApp;
let editor: SignedInVisitor;
let manager: SignedInVisitor;
let viewer: SignedInVisitor;
let campaign: number;

beforeAll(async () => {
  app = await startTestApp({ clock: { now: () => new Date(NOW) } });
  [editor, manager, viewer] = await Promise.all([
    app.signInAs('editor'),
    app.signInAs('manager'),
    app.signInAs('viewer'),
  ]);
  campaign = await insertCampaign(app.context.knex, { name: 'Quill Workshop', currency: 'USD' });
});
afterAll(() => app.close());

const insert = (values: Record<string, unknown> = {}) =>
  insertDraft(app.context.knex, campaign, { ...WHOLE, ...values });
const stateOf = async (id: number): Promise<DraftState> => (await storedDraft(app.context.knex, id)).state;
const movesOf = (id: number) => app.context.knex('post_draft_moves').where({ draft_id: id }).orderBy('id');
const move = (id: number, fields: Record<string, string>, who = editor) =>
  who.postForm(`/patreon/posts/${id}/move/`, fields);
const pageOf = async (id: number, who = editor) => readPage((await who.get(`/patreon/posts/${id}/`).expect(200)).text);

describe('the states of a draft', () => {
  const LEGAL: Record<DraftState, DraftState[]> = {
    idea: ['draft'],
    draft: ['idea', 'in_review', 'ready'],
    in_review: ['draft', 'ready'],
    ready: ['draft', 'handed_off'],
    handed_off: ['draft', 'published'],
    published: ['drifted', 'draft'],
    drifted: ['published', 'draft'],
  };
  const pairs = DRAFT_STATES.flatMap((from) => DRAFT_STATES.map((to) => [from, to] as const));

  it.each(pairs)('lead from %s to %s only where that is a step', (from, to) => {
    expect(mayMove(from, to)).toBe(LEGAL[from].includes(to));
  });

  it.each(pairs.filter(([from, to]) => from !== to))(
    'move from %s to %s by a button, or answer in words',
    async (from, to) => {
      const id = await insert({ state: from });
      const answer = await move(id, { to });
      const isOffered = staffMoves(from).includes(to);
      expect([answer.status, await stateOf(id)]).toEqual(isOffered ? [303, to] : [409, from]);
      if (!isOffered) expect(readPage(answer.text).text).toContain('cannot become');
    },
  );

  it('are never called published or drifted by a button', () => {
    expect(DRAFT_STATES.flatMap(staffMoves).filter((to) => to === 'published' || to === 'drifted')).toEqual([]);
  });
});

describe('POST /patreon/posts/{id}/move/', () => {
  it('notes who moved it, when, from where, and in which version', async () => {
    const id = await insert({ state: 'in_review' });
    await move(id, { to: 'draft', note: 'The ending\r\nis missing' }, manager);
    const [noted] = await movesOf(id);
    expect(noted).toMatchObject({
      from_state: 'in_review',
      to_state: 'draft',
      version: 1,
      note: 'The ending\nis missing',
      moved_by: manager.staff.id,
    });
    expect(new Date(noted.moved_at).toISOString()).toBe(NOW);
    const page = await pageOf(id);
    expect(page.text).toContain('In review → Draft “The ending is missing”');
    expect(page.text).toContain(manager.staff.name);
  });

  it('says why it came back until it goes on', async () => {
    const id = await insert({ state: 'in_review' });
    await move(id, { to: 'draft', note: 'The ending is missing' }, manager);
    const asked = `${manager.staff.name} sent it back and asks for this: The ending is missing`;
    expect((await pageOf(id)).text).toContain(asked);
    await move(id, { to: 'in_review' });
    expect((await pageOf(id)).text).not.toContain(asked);
  });

  it('changes nothing the second time', async () => {
    const id = await insert({ state: 'draft' });
    expect((await move(id, { to: 'in_review' })).status).toBe(303);
    expect((await move(id, { to: 'in_review' })).status).toBe(303);
    expect(await movesOf(id)).toHaveLength(1);
  });

  it('moves once when two people press at the same moment', async () => {
    const id = await insert({ state: 'in_review' });
    const answers = await Promise.all([move(id, { to: 'draft' }), move(id, { to: 'draft' }, manager)]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303]);
    expect(await movesOf(id)).toHaveLength(1);
  });

  it('lets one of two different moves win, and tells the other in words', async () => {
    const id = await insert({ state: 'ready' });
    const answers = await Promise.all([move(id, { to: 'draft' }), move(id, { to: 'handed_off' }, manager)]);
    const statuses = answers.map(({ status }) => status).sort();
    // Handed off first, it can still be taken back; taken back first, it can not be handed off.
    expect([
      [303, 303],
      [303, 409],
    ]).toContainEqual(statuses);
    expect(await stateOf(id)).toBe('draft');
  });

  it('refuses a page on which an older version was shown, and says so', async () => {
    const id = await insert({ state: 'in_review', version: 3 });
    const answer = await move(id, { to: 'ready', version: '2' });
    expect(answer.status).toBe(409);
    expect(readPage(answer.text).text).toContain('Somebody has changed this post since you opened the page');
    expect(await stateOf(id)).toBe('in_review');
    expect((await move(id, { to: 'ready', version: '3' })).status).toBe(303);
  });

  it.each([
    [{ to: 'elsewhere' }, 'Choose what the post is to become.'],
    [{}, 'Choose what the post is to become.'],
    [{ to: 'draft', version: 'two' }, 'The version is not a number.'],
    [{ to: ['draft', 'ready'] }, 'Choose what the post is to become.'],
  ])('answers %j with words', async (fields, words) => {
    const id = await insert({ state: 'in_review' });
    const answer = await editor.postForm(`/patreon/posts/${id}/move/`, fields);
    expect(answer.status).toBe(422);
    expect(readPage(answer.text).text).toContain(words);
    expect(await stateOf(id)).toBe('in_review');
  });

  it('keeps a note that was too long in its field', async () => {
    const id = await insert({ state: 'in_review' });
    const note = `${'x'.repeat(1000)} the end`;
    const answer = await move(id, { to: 'draft', note });
    const page = readPage(answer.text);
    expect(page.values().note).toBe(note);
    expect(page.text).toContain('A note has at most 1,000 characters.');
    expect(answer.status).toBe(422);
  });

  it('does not let viewers move anything, and shows them no buttons', async () => {
    const id = await insert({ state: 'in_review' });
    expect((await move(id, { to: 'draft' }, viewer)).status).toBe(403);
    expect(await stateOf(id)).toBe('in_review');
    const page = await pageOf(id, viewer);
    expect(page.html).not.toContain(`/patreon/posts/${id}/move/`);
    expect(page.text).toContain('Where it stands');
  });

  it('answers 404 for a draft that is deleted, and for nothing', async () => {
    const id = await insert({ deleted_at: NOW });
    expect((await move(id, { to: 'in_review' })).status).toBe(404);
    expect((await move(987_654, { to: 'in_review' })).status).toBe(404);
  });

  it('speaks French', async () => {
    const id = await insert({ state: 'idea' });
    await app.context.knex('staff').where({ id: manager.staff.id }).update({ locale: 'fr' });
    const answer = await move(id, { to: 'ready' }, manager);
    expect(answer.status).toBe(409);
    expect(readPage(answer.text).text).toContain('Une publication dans l’état « Idée » ne peut pas devenir');
    await app.context.knex('staff').where({ id: manager.staff.id }).update({ locale: 'en' });
  });
});

describe('calling a draft ready', () => {
  it('is refused while something is wrong with it, with a link to each place', async () => {
    const id = await insert({ state: 'draft', title: '  ', content: '' });
    const answer = await move(id, { to: 'ready', reviewed: 'true' });
    const page = readPage(answer.text);
    expect(answer.status).toBe(422);
    expect(page.text).toContain('Put right: There is no title.');
    expect(page.html).toContain(`href="/patreon/posts/${id}/edit/#draft-title"`);
    expect(page.html).toContain(`href="/patreon/posts/${id}/edit/#draft-content"`);
    expect(page.html).not.toContain('value="ready"');
    expect(await stateOf(id)).toBe('draft');
  });

  it('asks whether somebody has looked at the warnings', async () => {
    const id = await insert({ state: 'draft', content: 'TODO: the beginning' });
    const refused = await move(id, { to: 'ready' });
    expect(refused.status).toBe(422);
    expect(readPage(refused.text).text).toContain('Line 1 still says “TODO”.');
    expect((await move(id, { to: 'ready', reviewed: 'true' })).status).toBe(303);
    expect(await stateOf(id)).toBe('ready');
  });

  it('says plainly that links are not tried', async () => {
    expect((await pageOf(await insert({ state: 'draft' }))).text).toContain('nobody has tried whether they open');
  });
});

describe('a move that a sync finds', () => {
  it('is nobody’s', async () => {
    const id = await insert({ state: 'handed_off', handed_off_version: 1, handed_off_at: NOW });
    await app.context.knex.transaction((trx) => moveDraft(trx, { draftId: id, to: 'published', staffId: null }));
    expect((await movesOf(id))[0]).toMatchObject({ to_state: 'published', moved_by: null });
    expect((await pageOf(id)).text).toContain('Found on Patreon');
  });
});

describe('comments on a draft', () => {
  const comment = (id: number, fields: Record<string, string>, who = editor) =>
    who.postForm(`/patreon/posts/${id}/comments/`, fields);
  const stored = (id: number) => app.context.knex('post_draft_comments').where({ draft_id: id }).orderBy('id');

  it('stand beside the text, with who wrote them and about which version', async () => {
    const id = await insert({ state: 'in_review', version: 2 });
    expect((await comment(id, { body: 'Is **this** true?', version: '1' })).status).toBe(303);
    const page = readPage((await manager.get(`/patreon/posts/${id}/review/`).expect(200)).text);
    expect(page.html).toContain('<p>Is <strong>this</strong> true?</p>');
    expect(page.text).toContain(`${editor.staff.name} · Nov 22, 2026, 12:00 PM · on version 1`);
    expect(page.text).toContain('One open');
    expect(page.text).toContain(WHOLE.content);
  });

  it('are about the version of now where none is named, and never about one to come', async () => {
    const id = await insert({ version: 2 });
    await comment(id, { body: 'Fine' });
    expect(await stored(id)).toMatchObject([{ version: 2, author_id: editor.staff.id }]);
    expect((await comment(id, { body: 'Fine', version: '3' })).status).toBe(404);
  });

  it('are settled and opened again, by whoever', async () => {
    const id = await insert({ state: 'in_review' });
    await comment(id, { body: 'A comma is missing' });
    const [{ id: number }] = await stored(id);
    const resolve = (resolved: string) =>
      manager.postForm(`/patreon/posts/${id}/comments/${number}/resolve/`, { resolved });
    expect((await resolve('true')).status).toBe(303);
    expect((await resolve('true')).status).toBe(303);
    expect((await pageOf(id)).text).toContain(`Settled by ${manager.staff.name}`);
    await resolve('false');
    expect(await stored(id)).toMatchObject([{ resolved_at: null, resolved_by: null }]);
    expect((await resolve('perhaps')).status).toBe(422);
  });

  it('keep every word of one that is refused', async () => {
    const id = await insert();
    const body = `${'word '.repeat(1100)}end`;
    const answer = await comment(id, { body });
    expect(answer.status).toBe(422);
    expect(readPage(answer.text).values().body).toBe(body);
    expect((await comment(id, { body: '   ' })).status).toBe(422);
    expect(await stored(id)).toEqual([]);
  });

  it('run nothing that somebody wrote into them', async () => {
    const id = await insert();
    await comment(id, { body: '<img src=x onerror=alert(1)> [a](javascript:alert(1))' });
    expect((await pageOf(id)).html).not.toMatch(/<img src=x|href="javascript/);
  });

  it('belong to their draft, and are not written by viewers', async () => {
    const [id, other] = [await insert(), await insert()];
    await comment(id, { body: 'Here' });
    const [{ id: number }] = await stored(id);
    const elsewhere = await editor.postForm(`/patreon/posts/${other}/comments/${number}/resolve/`, {
      resolved: 'true',
    });
    expect(elsewhere.status).toBe(404);
    expect((await comment(id, { body: 'Here' }, viewer)).status).toBe(403);
  });
});
