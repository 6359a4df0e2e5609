import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign, insertPosts, insertTiers } from '../support/campaign-factories';
import { readPage } from '../support/page';

describe('saving a draft', () => {
  let app: TestApp;
  let ada: SignedInVisitor;
  let ben: SignedInVisitor;
  let campaign: number;
  let token: Map<SignedInVisitor, string>;

  beforeAll(async () => {
    // A run of texts that save themselves must not fall apart where ten minutes happen to end.
    app = await startTestApp({ clock: { now: () => new Date('2026-11-22T12:01:00Z') } });
    [ada, ben] = [await app.signInAs('editor'), await app.signInAs('manager')];
    campaign = await insertCampaign(app.context.knex, { name: 'Quill Workshop' });
    await insertTiers(app.context.knex, campaign, [{ patreon_id: '7001', title: 'Inkwell' }]);
    token = new Map([
      [ada, await ada.csrf()],
      [ben, await ben.csrf()],
    ]);
  });
  afterAll(() => app.close());

  type Fields = Record<string, string>;
  const post = (by: SignedInVisitor, path: string, fields: Fields = {}) =>
    by.agent
      .post(path)
      .type('form')
      .set('accept', path.includes('save') || path.includes('presence') ? 'application/json' : 'text/html')
      .send(new URLSearchParams({ _csrf: token.get(by) ?? '', ...fields }).toString());
  const begin = async (fields: Fields = {}) => {
    const answer = await post(ada, `/patreon/campaigns/${campaign}/create-post/`, {
      title: 'Title',
      content: 'Text',
      ...fields,
    });
    return Number(/\/posts\/(\d+)\//.exec(String(answer.headers.location))?.[1]);
  };
  const save = (by: SignedInVisitor, id: number, fields: Fields) => post(by, `/patreon/posts/${id}/edit/`, fields);
  const autosave = (by: SignedInVisitor, id: number, fields: Fields) =>
    post(by, `/patreon/posts/${id}/autosave/`, fields);
  const present = (id: number) =>
    app.context.knex('post_drafts').where({ id }).first('title', 'content', 'notes', 'version', 'state');
  const versions = (id: number) =>
    app.context
      .knex('post_draft_versions')
      .where({ draft_id: id })
      .orderBy('version')
      .select('version', 'kind', 'content', 'is_aside');

  it('makes a version of every change, and none of a save that changes nothing', async () => {
    const id = await begin();
    const first = await autosave(ada, id, { title: 'Title', content: 'Text, longer', version: '1' });
    expect([first.status, first.body]).toEqual([200, { version: 2, saved_at: expect.any(String), state: 'draft' }]);
    const again = await autosave(ada, id, { title: 'Title', content: 'Text, longer', version: '2' });
    expect(again.body.version).toBe(2);
    expect((await versions(id)).map(({ version, kind }) => [version, kind])).toEqual([
      [1, 'created'],
      [2, 'autosaved'],
    ]);
  });

  it('turns what saved itself into a save once the same person saves it by hand', async () => {
    const id = await begin();
    const fields = { title: 'Title', content: 'Reviewed next', version: '1' };
    await autosave(ada, id, fields);
    const kind = async () => (await versions(id)).at(-1)?.kind;
    await save(ben, id, { ...fields, version: '2' });
    expect(await kind()).toBe('autosaved');
    await save(ada, id, { ...fields, version: '2' });
    expect([await kind(), (await present(id)).version]).toEqual(['saved', 2]);
    await autosave(ada, id, { ...fields, version: '2' });
    await autosave(ada, id, { ...fields, content: 'Later', version: '2' });
    const page = readPage((await ada.get(`/patreon/posts/${id}/history/`).expect(200)).text);
    expect(page.rows('versions').map((row) => row.id)).toEqual(['3', '2', '1']);
  });

  it('takes a request that is repeated for the one that it was', async () => {
    const id = await begin();
    const fields = { title: 'Title', content: 'Once', version: '1' };
    const answers = await Promise.all([autosave(ada, id, fields), autosave(ada, id, fields), save(ada, id, fields)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 303]);
    expect(await versions(id)).toHaveLength(2);
  });

  it('brings together what two people changed in different fields, and says so', async () => {
    const id = await begin({ notes: 'Ours' });
    await save(ben, id, { title: 'Title', content: 'Text', notes: 'Ours, by Ben', version: '1' });
    const answer = await save(ada, id, { title: 'Title by Ada', content: 'Text', notes: 'Ours', version: '1' });
    expect(answer.status).toBe(303);
    expect(await present(id)).toMatchObject({ title: 'Title by Ada', notes: 'Ours, by Ben', version: 3 });
    const page = readPage((await ada.get(String(answer.headers.location))).text);
    expect(page.text).toContain('What somebody else had changed meanwhile is kept as well: Notes for the team.');
  });

  it('tells an editor that saves by itself of another version, and keeps its text aside', async () => {
    const id = await begin();
    await save(ben, id, { title: 'Title', content: 'By Ben', version: '1' });
    const answer = await autosave(ada, id, { title: 'Title', content: 'By Ada', version: '1' });
    expect([answer.status, answer.body]).toEqual([
      409,
      expect.objectContaining({ version: 2, saved_by: ben.staff.name, kept_as: 3, fields: ['content'] }),
    ]);
    expect(answer.body.theirs).toMatchObject({ content: 'By Ben' });
    expect(await present(id)).toMatchObject({ content: 'By Ben', version: 2 });
    expect((await versions(id)).at(-1)).toEqual({ version: 3, kind: 'autosaved', content: 'By Ada', is_aside: true });
    await autosave(ada, id, { title: 'Title', content: 'By Ada', version: '1' });
    expect(await versions(id)).toHaveLength(3);
  });

  it('never takes over unseen what somebody else changed in another field', async () => {
    const id = await begin();
    await save(ben, id, { title: 'By Ben', content: 'Text', version: '1' });
    const answer = await autosave(ada, id, { title: 'Title', content: 'By Ada', version: '1' });
    expect([answer.status, answer.body.fields]).toEqual([409, ['title']]);
    expect(await present(id)).toMatchObject({ title: 'By Ben', content: 'Text' });
  });

  it('takes back by itself only what the form showed as gone out, and says so when it is saved by hand', async () => {
    const id = await begin();
    const form = readPage((await ada.get(`/patreon/posts/${id}/edit/`)).text).values();
    expect(form.state).toBe('draft');
    const handedOff = { state: 'handed_off', handed_off_version: 1, handed_off_at: '2026-11-22T11:00:00Z' };
    await app.context.knex('post_drafts').where({ id }).update(handedOff);
    const late = { title: 'Title', content: 'Late', version: '1', state: String(form.state) };
    const refused = await autosave(ada, id, late);
    expect([refused.status, refused.body.moved, refused.body.kept_as]).toEqual([409, true, 2]);
    expect(await present(id)).toMatchObject({ state: 'handed_off', content: 'Text', version: 1 });
    expect((await autosave(ada, id, { ...late, content: 'Text' })).status).toBe(200);
    const answer = await save(ada, id, late);
    const page = readPage((await ada.get(String(answer.headers.location))).text);
    expect(page.text).toContain('This post was Handed off. It is a draft again.');
    await app.context.knex('post_drafts').where({ id }).update(handedOff);
    const known = { ...late, content: 'Later', version: '3', state: 'handed_off' };
    expect((await autosave(ada, id, known)).body).toMatchObject({ version: 4, state: 'draft' });
  });

  describe('when two people changed the same', () => {
    const conflict = async () => {
      const id = await begin({ notes: 'Ours' });
      await save(ben, id, { title: 'Title', content: 'A text by Ben', notes: 'Ours', version: '1' });
      const answer = await save(ada, id, {
        title: 'Title',
        content: 'A text by Ada',
        notes: 'Ours, by Ada',
        version: '1',
      });
      return { id, answer, page: readPage(answer.text) };
    };

    it('shows both texts and changes nothing', async () => {
      const { id, answer, page } = await conflict();
      expect(answer.status).toBe(409);
      expect(page.html).toMatch(/<del>.*Ben.*<\/del>.*<ins>.*Ada.*<\/ins>/s);
      expect(page.text).toContain(`${ben.staff.name} saved version 2 while you were writing`);
      expect(page.text).toContain('come together by themselves: Notes for the team.');
      expect(page.values()).toMatchObject({ content: 'A text by Ada', notes: 'Ours, by Ada', version: '2' });
      expect(await present(id)).toMatchObject({ content: 'A text by Ben', version: 2 });
    });

    it.each([
      ['mine', 'A text by Ada'],
      ['theirs', 'A text by Ben'],
      ['both', 'A text by Ada\n\nA text by Ben'],
    ])('saves what was chosen: %s', async (choice, content) => {
      const { id, page } = await conflict();
      const { _csrf, ...values } = page.values();
      expect((await save(ada, id, { ...values, choice_content: choice })).status).toBe(303);
      expect(await present(id)).toMatchObject({ content, notes: 'Ours, by Ada' });
      const kept = (await versions(id)).map((version) => version.content);
      expect(kept).toEqual(expect.arrayContaining(['A text by Ada', 'A text by Ben']));
    });

    it('makes both changes in one text where they are apart from each other', async () => {
      const lines = ['One.', '', 'Two.', '', 'Three.', '', 'Four.', '', 'Five.'];
      const content = lines.join('\n');
      const id = await begin({ content });
      await save(ben, id, { title: 'Title', content: content.replace('One', 'One, by Ben'), version: '1' });
      const mine = { title: 'Title', content: content.replace('Five', 'Five, by Ada'), version: '1' };
      const page = readPage((await save(ada, id, mine)).text);
      expect(page.text).toContain(`your changes within the text of ${ben.staff.name}`);
      const { _csrf, ...values } = page.values();
      expect(values.choice_content).toBe('both');
      expect((await save(ada, id, values)).status).toBe(303);
      expect(await present(id)).toMatchObject({
        content: content.replace('One', 'One, by Ben').replace('Five', 'Five, by Ada'),
      });
    });

    it('offers no text that would be longer than a draft can be, and asks again whoever wants it', async () => {
      const id = await begin();
      await save(ben, id, { title: 'Title', content: 'b'.repeat(60_000), version: '1' });
      const mine = { title: 'Title', content: 'a'.repeat(60_000), version: '1' };
      const page = readPage((await save(ada, id, mine)).text);
      expect(page.html).not.toContain('value="both"');
      const { _csrf, ...values } = page.values();
      const refused = await save(ada, id, { ...values, choice_content: 'both' });
      const form = readPage(refused.text);
      expect([refused.status, form.text]).toEqual([422, expect.stringContaining('at most 100,000 characters')]);
      expect(form.values()).toMatchObject({ version: '1', content: mine.content });
      expect((await save(ada, id, { ...mine, ...form.values() })).status).toBe(409);
    });

    it('asks once more if somebody saves while it is being decided', async () => {
      const { id, page } = await conflict();
      await save(ben, id, { title: 'Title', content: 'A second text by Ben', notes: 'Ours', version: '2' });
      const { _csrf, ...values } = page.values();
      const answer = await save(ada, id, { ...values, choice_content: 'mine' });
      expect([answer.status, readPage(answer.text).values().version]).toEqual([409, '4']);
    });
  });

  it('shows a form that does not say what it was written over again, with its words', async () => {
    const id = await begin();
    for (const version of ['', '0', 'x', '99999999999']) {
      const answer = await save(ada, id, { title: 'Mine', content: 'Mine too', version });
      expect([version, answer.status, readPage(answer.text).values()]).toEqual([
        version,
        422,
        expect.objectContaining({ title: 'Mine', content: 'Mine too' }),
      ]);
    }
    const answer = await autosave(ada, id, { title: 'Mine', version: '' });
    expect([answer.status, answer.body.errors?.[0]?.source]).toEqual([422, { parameter: 'version' }]);
  });

  it('asks about everything that differs when the version it was written over is not known', async () => {
    const id = await begin();
    const answer = await save(ada, id, { title: 'Title', content: 'Out of nowhere', version: '77' });
    expect(answer.status).toBe(409);
    expect((await versions(id)).at(-1)).toMatchObject({ content: 'Out of nowhere', is_aside: true });
  });

  it('tells each of two people that the other has it open, and nobody of themselves', async () => {
    const id = await begin();
    expect((await post(ada, `/patreon/posts/${id}/presence/`)).body.editors).toEqual([]);
    expect((await post(ben, `/patreon/posts/${id}/presence/`)).body.editors).toEqual([{ name: ada.staff.name }]);
    const page = readPage((await ada.get(`/patreon/posts/${id}/edit/`).expect(200)).text);
    expect(page.text).toContain(`Also open at ${ben.staff.name}.`);
    await app.context.knex('post_draft_editors').update({ seen_at: '2020-01-01' });
    expect((await post(ben, `/patreon/posts/${id}/presence/`)).body.editors).toEqual([]);
  });

  describe('the history', () => {
    it('lists versions, the last of what was saved by itself within minutes standing for all', async () => {
      const id = await begin();
      for (const [place, content] of ['Text a', 'Text ab', 'Text abc'].entries())
        await autosave(ada, id, { title: 'Title', content, version: String(place + 1) });
      await save(ben, id, { title: 'New title', content: 'Text abc', version: '4' });
      const page = readPage((await ada.get(`/patreon/posts/${id}/history/`).expect(200)).text);
      expect(page.rows('versions').map((row) => [row.id, row.attributes['data-kind']])).toEqual([
        ['5', 'saved'],
        ['4', 'autosaved'],
        ['1', 'created'],
      ]);
      const [last, middle, first] = page.rows('versions').map((row) => row.text);
      expect(last).toContain('Changed: Title');
      expect(middle).toContain('Changed: Text');
      expect(first).toContain('The first text');
      expect(last).toContain(ben.staff.name);
    });

    it('lists what was commented on as well, even if more was saved by itself within minutes', async () => {
      const id = await begin();
      for (const [place, content] of ['Text a', 'Text ab'].entries()) {
        await autosave(ada, id, { title: 'Title', content, version: String(place + 1) });
        if (place === 0) await post(ben, `/patreon/posts/${id}/comments/`, { body: 'Why a?', version: '2' });
      }
      const page = readPage((await ada.get(`/patreon/posts/${id}/history/`).expect(200)).text);
      expect(page.rows('versions').map((row) => row.id)).toEqual(['3', '2', '1']);
    });

    it('knows what changed though texts were kept aside between two pages', async () => {
      const id = await begin();
      for (let number = 2; number <= 33; number += 1) {
        const row = { draft_id: id, version: number, kind: 'saved', title: 'Title', is_paid: false, is_public: false };
        const more = { tiers: [], tags: [], notes: '', content: `Text ${number}`, is_aside: number === 3 };
        await app.context.knex('post_draft_versions').insert({ ...row, ...more });
      }
      const rows = readPage((await ada.get(`/patreon/posts/${id}/history/`).expect(200)).text).rows('versions');
      expect([rows.length, rows.at(-1)?.id, rows.at(-1)?.text]).toEqual([
        30,
        '4',
        expect.stringContaining('Changed: Text'),
      ]);
    });

    it('comes in pages', async () => {
      const id = await begin();
      for (let version = 1; version <= 35; version += 1)
        await save(ada, id, { title: `Title ${version}`, content: 'Text', version: String(version) });
      const page = readPage((await ada.get(`/patreon/posts/${id}/history/`).expect(200)).text);
      expect(page.rows('versions')).toHaveLength(30);
      const next = readPage((await ada.get(String(page.link('next')).replace('&amp;', '&')).expect(200)).text);
      expect(next.rows('versions').map((row) => row.id)).toEqual(['6', '5', '4', '3', '2', '1']);
      await ada.get(`/patreon/posts/${id}/history/?before=x`).expect(422);
    });

    it('marks what went and what came between two versions, and names what else differs', async () => {
      const id = await begin({ planned_for: '2027-03-01T18:30' });
      await save(ada, id, { title: 'Title', content: 'Text <b>with</b> care', is_public: 'true', version: '1' });
      const page = readPage((await ada.get(`/patreon/posts/${id}/history/compare/?from=1&to=2`).expect(200)).text);
      expect(page.html).toContain('&lt;b&gt;with');
      expect(page.html).toMatch(/data-difference="is_public"[\s\S]*No[\s\S]*Yes/);
      expect(page.html).toMatch(/data-difference="planned_for"[\s\S]*Mar 1, 2027[\s\S]*Nothing/);
      const same = readPage((await ada.get(`/patreon/posts/${id}/history/compare/?from=2&to=2`).expect(200)).text);
      expect(same.text).toContain('Both say the same.');
      await ada.get(`/patreon/posts/${id}/history/compare/?from=1&to=99`).expect(404);
      await ada.get(`/patreon/posts/${id}/history/compare/?from=1`).expect(422);
    });

    it('brings an old version back as a new one', async () => {
      const id = await begin();
      await save(ada, id, { title: 'Title', content: 'Worse', version: '1' });
      const { status } = await post(ben, `/patreon/posts/${id}/history/1/restore/`);
      expect(status).toBe(303);
      expect(await present(id)).toMatchObject({ content: 'Text', version: 3 });
      expect((await versions(id)).map((row) => [row.kind, row.content])).toEqual([
        ['created', 'Text'],
        ['saved', 'Worse'],
        ['restored', 'Text'],
      ]);
      await post(ben, `/patreon/posts/${id}/history/1/restore/`);
      expect(await versions(id)).toHaveLength(3);
      expect((await post(ben, `/patreon/posts/${id}/history/99/restore/`)).status).toBe(404);
    });
  });

  describe('a new version of a live post', () => {
    const live = async (values: Record<string, unknown> = {}) => {
      const html = '<h2>News</h2><p>It is <strong>done</strong>: <a href="https://example.com/">look</a>.</p>';
      const [id] = await insertPosts(app.context.knex, campaign, [
        { title: 'Live', content: html, is_public: false, tiers: ['7001', '404'], ...values },
      ]);
      return id as number;
    };

    it('begins with Patreon’s text, once, after a question', async () => {
      const postId = await live();
      const question = readPage((await ada.get(`/patreon/posts/${postId}/edit/`).expect(200)).text);
      expect(question.text).toContain('A revision of “Live”');
      const answers = await Promise.all([ada, ben].map((by) => post(by, `/patreon/posts/${postId}/revise/`)));
      const [there, alsoThere] = answers.map(({ headers }) => String(headers.location));
      expect(there).toBe(alsoThere);
      const values = readPage((await ada.get(String(there)).expect(200)).text).values();
      expect(values).toMatchObject({
        title: 'Live',
        content: '### News\n\nIt is **done**: [look](https://example.com/).',
      });
      const row = await app.context.knex('post_drafts').where({ post_id: postId }).first('state', 'tiers', 'version');
      expect(row).toEqual({ state: 'draft', tiers: ['7001', '404'], version: 1 });
      await ada.get(`/patreon/posts/${postId}/edit/`).expect('location', String(there));
    });

    it('keeps tiers that were never read until somebody takes them out', async () => {
      const { headers } = await post(ada, `/patreon/posts/${await live()}/revise/`);
      const id = Number(/\d+/.exec(String(headers.location)));
      const { _csrf, ...values } = readPage((await ada.get(String(headers.location))).text).values();
      expect(values.unread_tiers).toBe('404');
      const tiers = async () => (await app.context.knex('post_drafts').where({ id }).first('tiers')).tiers;
      await save(ada, id, { ...values, content: 'Anew' });
      expect(await tiers()).toEqual(['7001', '404']);
      const { unread_tiers, ...others } = values;
      expect((await autosave(ada, id, { ...others, content: 'Anew', version: '2' })).status).toBe(200);
      expect(await tiers()).toEqual(['7001']);
    });

    it('holds as much of a very long text as a draft can', async () => {
      const postId = await live({ content: `<p>${'long '.repeat(30_000)}</p>` });
      const { headers } = await post(ada, `/patreon/posts/${postId}/revise/`);
      const page = readPage((await ada.get(String(headers.location)).expect(200)).text);
      expect(page.text).toContain('the end of it is missing here');
    });

    it('is not begun of a post that Patreon no longer has', async () => {
      const postId = await live({ gone_at: '2026-01-01' });
      await ada.get(`/patreon/posts/${postId}/edit/`).expect(404);
      expect((await post(ada, `/patreon/posts/${postId}/revise/`)).status).toBe(404);
    });

    it('takes a published draft back, with Patreon’s text where that was changed', async () => {
      const { knex } = app.context;
      const id = await begin({ content: 'As handed off' });
      const postId = await live();
      await knex('post_drafts').where({ id }).update({ state: 'drifted', post_id: postId, handed_off_version: 1 });
      expect(readPage((await ada.get(`/patreon/posts/${id}/edit/`).expect(200)).text).text).toContain('A revision of');
      const { headers } = await post(ada, `/patreon/posts/${id}/revise/`);
      expect(headers.location).toBe(`/patreon/posts/${id}/edit/`);
      expect(await present(id)).toMatchObject({
        state: 'draft',
        version: 2,
        content: expect.stringContaining('It is **done**'),
      });
      expect((await versions(id))[0]?.content).toBe('As handed off');
    });
  });
});
