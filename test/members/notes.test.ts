import type { Knex } from 'knex';
import { noteJobs } from '../../src/apps/members/note.jobs';
import { runJob } from '../../src/jobs/run-job';
import type { Role } from '../../src/policy';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign } from '../support/campaign-factories';
import { insertMember } from '../support/factories';
import { readPage } from '../support/page';

const NOW = new Date('2026-11-20T12:00:00Z');

describe('notes about a member', () => {
  let app: TestApp;
  let knex: Knex;
  let people: Record<Role, SignedInVisitor>;
  let member: number;

  beforeAll(async () => {
    app = await startTestApp({ clock: { now: () => NOW } });
    knex = app.context.knex;
    people = await app.signInEverybody();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    member = await insertMember(knex, await insertCampaign(knex), { note: 'Patreon’s own note' });
  });
  afterEach(() => deleteCampaigns(knex));

  const page = async (role: Role = 'owner') => (await people[role].get(`/patreon/members/${member}/`).expect(200)).text;
  const post = (role: Role, path: string, fields: Record<string, string> = {}) =>
    people[role].postForm(`/patreon/members/${member}/${path}`, fields);
  const notesOf = (html: string) =>
    [...html.matchAll(/<article class="note[^"]*" id="note-(\d+)"[\s\S]*?<\/article>/g)].map(([text = '', id]) => ({
      id: Number(id),
      html: text,
      text: readPage(text).text,
    }));
  const add = async (body: string, role: Role = 'editor'): Promise<number> => {
    const answer = await post(role, 'notes/', { body });
    expect([answer.status, answer.headers.location]).toEqual([303, `/patreon/members/${member}/#member-notes`]);
    const row = await knex('member_notes').where({ member_id: member }).orderBy('id', 'desc').first('id');
    return row.id;
  };
  const rows = () => knex('member_notes').where({ member_id: member }).orderBy('id');

  it('stand with author and time, newest first, beside Patreon’s own', async () => {
    await add('First');
    await add('Second', 'manager');
    const html = await page('editor');
    expect(notesOf(html).map(({ text }) => text)).toEqual([
      expect.stringContaining('Second'),
      expect.stringContaining('First'),
    ]);
    expect(notesOf(html)[0]?.text).toContain(people.manager.staff.name);
    expect(readPage(html).text).toContain('Note on Patreon, which can be changed there only Patreon’s own note');
  });

  it('are Markdown, and harmless whatever they hold', async () => {
    const hostile =
      '# Big\n\n**bold** https://example.org/a\n\n<script>alert(1)</script> [x](javascript:alert(1)) ![p](https://e.org/p.png)\n\n<img src=x onerror=alert(1)>';
    await add(hostile);
    const [note] = notesOf(await page('viewer')).concat(notesOf(await page('manager')));
    expect(note?.html).toContain('<h3>Big</h3>');
    expect(note?.html).toContain('<strong>bold</strong>');
    expect(note?.html).toMatch(/<a href="https:\/\/example\.org\/a" rel="noopener noreferrer nofollow">/);
    expect(note?.html).not.toMatch(/<script|<img|href="javascript|<[^>]*onerror/);
    expect(note?.text).toContain('<script>alert(1)</script>');
  });

  it('stand in the timeline without their markup', async () => {
    await add('## Plan\n\nSend **two** [prints](https://example.org/p),\nthen `wait`\n\n- one\n- <b>two</b>');
    const { text: html } = await people.owner.get(`/patreon/members/${member}/?show=notes`).expect(200);
    const [, entry = ''] = /<li data-timeline-note>([\s\S]*?)<\/li>/.exec(html) ?? [];
    expect(readPage(entry).text).toContain('Plan Send two prints, then wait one <b>two</b> ');
  });

  it('are not for viewers, neither to read nor to write, and not through the timeline', async () => {
    await add('Private words');
    for (const query of ['', '?show=notes', '?show=staff'])
      expect((await people.viewer.get(`/patreon/members/${member}/${query}`).expect(200)).text).not.toMatch(
        /Private words|member-notes/,
      );
    for (const path of ['notes/', 'notes/1/edit/', 'notes/1/delete/', 'notes/1/restore/', 'notes/1/pin/'])
      expect((await post('viewer', path, { body: 'x' })).status).toBe(403);
    expect(await rows()).toHaveLength(1);
  });

  it('are changed by whoever wrote them, and by an owner', async () => {
    const id = await add('Frist', 'editor');
    expect(notesOf(await page('manager'))[0]?.html).not.toContain('/edit/');
    expect((await post('manager', `notes/${id}/edit/`, { body: 'Mine now' })).status).toBe(403);
    expect((await post('manager', `notes/${id}/delete/`)).status).toBe(403);
    expect((await post('editor', `notes/${id}/edit/`, { body: 'First' })).status).toBe(303);
    expect((await rows())[0]).toMatchObject({ body: 'First', author_id: people.editor.staff.id });
    expect((await post('owner', `notes/${id}/edit/`, { body: 'First!' })).status).toBe(303);
    expect(notesOf(await page())[0]?.text).toMatch(/First!.*edited|edited.*First!/);
  });

  it('are pinned by any of those who write, and then stand first', async () => {
    const first = await add('First');
    await add('Second');
    expect((await post('manager', `notes/${first}/pin/`, { pinned: 'true' })).status).toBe(303);
    expect(notesOf(await page()).map(({ id }) => id)[0]).toBe(first);
    expect(notesOf(await page())[0]?.text).toContain('Pinned');
    await post('owner', `notes/${first}/pin/`, { pinned: 'false' });
    expect(
      notesOf(await page())
        .map(({ id }) => id)
        .at(-1),
    ).toBe(first);
  });

  it('can be brought back by whoever deleted them', async () => {
    const id = await add('Deleted by mistake');
    await post('editor', `notes/${id}/delete/`);
    expect(notesOf(await page('editor'))).toEqual([]);
    expect(await page('editor')).toContain(`data-deleted-note="${id}"`);
    expect(await page('manager')).not.toContain('data-deleted-note');
    expect((await post('manager', `notes/${id}/restore/`)).status).toBe(403);
    expect((await post('editor', `notes/${id}/edit/`, { body: 'x' })).status).toBe(404);
    expect((await post('editor', `notes/${id}/restore/`)).status).toBe(303);
    expect((await post('editor', `notes/${id}/restore/`)).status).toBe(303);
    expect(notesOf(await page('editor')).map((note) => note.id)).toEqual([id]);
  });

  it('are removed for good a day after they were deleted, by a job', async () => {
    const [old, kept] = [await add('Old'), await add('Kept')];
    await post('editor', `notes/${old}/delete/`);
    const dayBefore = new Date(NOW.getTime() - 25 * 3_600_000);
    await knex('member_notes').where({ id: old }).update({ deleted_at: dayBefore });
    expect(await page('editor')).not.toContain('data-deleted-note');
    await post('editor', `notes/${kept}/delete/`);
    const job = noteJobs.find(({ name }) => name === 'remove-deleted-notes') as (typeof noteJobs)[number];
    const run = { signal: new AbortController().signal, attempt: 1, trigger: 'schedule' } as const;
    expect(await runJob(app.context, job, {}, run)).toEqual({ removed: 1 });
    expect((await rows()).map(({ id }) => id)).toEqual([kept]);
    expect((await post('editor', `notes/${old}/restore/`)).status).toBe(404);
  });

  it('outlive the account of their author', async () => {
    const { id } = await app.createStaff('editor');
    await knex('member_notes').insert({ member_id: member, author_id: id, body: 'Left behind' });
    await knex('staff').where({ id }).delete();
    expect(notesOf(await page())[0]?.text).toContain('somebody who no longer works here');
  });

  it('leave in the timeline what happened to them, without their words', async () => {
    const id = await add('Secret words');
    await post('editor', `notes/${id}/edit/`, { body: 'Other words' });
    await post('editor', `notes/${id}/delete/`);
    const actions = await knex('member_actions').where({ member_id: member }).orderBy('id');
    expect(actions.map(({ action }) => action)).toEqual(['note.added', 'note.edited', 'note.deleted']);
    expect(JSON.stringify(actions)).not.toContain('words');
    const { text } = readPage((await people.owner.get(`/patreon/members/${member}/?show=staff`)).text);
    expect(text).toMatch(/Note deleted.*Note edited/);
  });

  it.each([
    ['nothing', { body: ' \r\n ' }],
    ['too much', { body: 'x'.repeat(10_001) }],
    ['what cannot be stored', { body: 'a\0b' }],
    ['no body', {}],
  ])('are refused with %s, and the words stay in the form', async (_what, fields) => {
    const answer = await post('editor', 'notes/', fields);
    expect(answer.status).toBe(422);
    expect(answer.text).toMatch(/class="field__error" id="note-new-error"/);
    expect(await rows()).toEqual([]);
  });

  it('keep the words of a refused edit in the form of that note', async () => {
    const id = await add('As it was');
    const answer = await post('editor', `notes/${id}/edit/`, { body: '' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(`id="note-edit-${id}-error"`);
    expect(answer.text).not.toContain('id="note-new-error"');
    expect((await rows())[0].body).toBe('As it was');
  });

  it('of another member are not found', async () => {
    const id = await add('Here');
    const other = await insertMember(knex, await insertCampaign(knex));
    for (const path of ['edit', 'delete', 'restore', 'pin'])
      expect(
        (await people.owner.postForm(`/patreon/members/${other}/notes/${id}/${path}/`, { body: 'x', pinned: 'true' }))
          .status,
      ).toBe(404);
    expect((await people.owner.postForm('/patreon/members/999999999999999/notes/', { body: 'x' })).status).toBe(404);
  });

  it('are shown twenty at a time; the timeline has the others', async () => {
    await knex('member_notes').insert(
      Array.from({ length: 30 }, (_, note) => ({ member_id: member, body: `Note ${note}` })),
    );
    const html = await page();
    expect(notesOf(html)).toHaveLength(20);
    expect(html).toContain('?show=notes#member-timeline');
    const timeline = (await people.owner.get(`/patreon/members/${member}/?show=notes`)).text;
    expect(timeline.match(/<li data-timeline-note>/g)).toHaveLength(25);
  });
});
