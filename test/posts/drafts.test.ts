import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign, insertMembersOfKind, insertTiers } from '../support/campaign-factories';
import { readPage } from '../support/page';

describe('writing a draft', () => {
  let app: TestApp;
  let editor: SignedInVisitor;
  let campaign: number;
  let tiers: number[];

  beforeAll(async () => {
    app = await startTestApp();
    editor = await app.signInAs('editor');
    campaign = await insertCampaign(app.context.knex, { name: 'Quill Workshop', currency: 'EUR' });
    tiers = await insertTiers(app.context.knex, campaign, [
      { patreon_id: '7001', title: 'Inkwell', amount_cents: 300 },
      { patreon_id: '7002', title: 'Quill', amount_cents: 900 },
    ]);
  });
  afterAll(() => app.close());

  const here = () => `/patreon/campaigns/${campaign}/create-post/`;

  it('begins with an empty form', async () => {
    const page = readPage((await editor.get(here()).expect(200)).text);
    expect(page.values()).toMatchObject({ title: '', content: '', min_cents_pledged_to_view: '', planned_for: '' });
    expect(page.text).toContain('Inkwell');
  });

  it('keeps everything that was written', async () => {
    const answer = await editor.postForm(here(), {
      title: ' First  words ',
      content: 'Some *text*\r\nand more',
      tiers: [String(tiers[0]), String(tiers[1])],
      is_paid: 'true',
      min_cents_pledged_to_view: '500',
      planned_for: '2027-03-01T18:30',
      tags: 'ink, paper, ink',
      notes: 'For us',
      action: 'save',
    });
    expect(answer.status).toBe(303);
    const page = readPage((await editor.get(String(answer.headers.location)).expect(200)).text);
    expect(page.values()).toMatchObject({
      title: 'First words',
      content: 'Some *text*\nand more',
      is_paid: 'true',
      min_cents_pledged_to_view: '500',
      planned_for: '2027-03-01T18:30',
      tags: 'ink, paper',
      notes: 'For us',
      version: '1',
    });
    const [row] = await app.context.knex('post_drafts').select('tiers', 'state', 'is_public');
    expect(row).toEqual({ tiers: ['7001', '7002'], state: 'draft', is_public: false });
  });

  const write = async (fields: Record<string, string | string[]>, by: SignedInVisitor = editor) => {
    const answer = await by.postForm(here(), { action: 'save', ...fields });
    expect(answer.status).toBe(303);
    return Number(/\/posts\/(\d+)\//.exec(String(answer.headers.location))?.[1]);
  };
  const formOf = async (id: number, by: SignedInVisitor = editor) => {
    const { _csrf, ...values } = readPage((await by.get(`/patreon/posts/${id}/edit/`).expect(200)).text).values();
    return values;
  };
  const stateOf = async (id: number) => (await app.context.knex('post_drafts').where({ id }).first('state')).state;

  it('shows a refused form with every word and a message per field', async () => {
    const typed = {
      title: 'x'.repeat(301),
      content: 'Words\nthat took <b>long</b> & "care"',
      min_cents_pledged_to_view: 'five',
      planned_for: '2027-02-30T12:00',
      tiers: 'all',
      tags: 'kept, too',
      notes: 'kept as well',
      action: 'ready',
    };
    const answer = await editor.postForm(here(), typed);
    expect(answer.status).toBe(422);
    const page = readPage(answer.text);
    const { tiers: _tiers, action: _action, ...words } = typed;
    expect(page.values()).toMatchObject(words);
    for (const message of [
      'at most 300 characters',
      'whole number of hundredths',
      'between 2000 and 2199',
      'tiers of this campaign',
    ])
      expect(page.text).toContain(message);
  });

  it('tells all at once what the database knows to be wrong', async () => {
    const wrong = { title: 'Fine', tiers: '999999', cover_id: '999999', action: 'save' };
    const { status, text } = await editor.postForm(here(), wrong);
    expect([status, readPage(text).text]).toEqual([422, expect.stringContaining('Choose tiers of this campaign')]);
    expect(readPage(text).text).toContain('This picture is not there');
  });

  it('asks for a title or a text to save, and for both to be ready', async () => {
    const nothing = await editor.postForm(here(), { title: ' ', content: '\n ', action: 'save' });
    expect([nothing.status, readPage(nothing.text).text]).toEqual([
      422,
      expect.stringContaining('Write a title or a text first.'),
    ]);
    const half = await editor.postForm(here(), { title: 'Only a title', content: '', action: 'ready' });
    expect([half.status, readPage(half.text).text]).toEqual([422, expect.stringContaining('needs a text')]);
  });

  it('calls a draft ready that the check finds nothing wrong with', async () => {
    const id = await write({ title: 'Good news', content: 'All is well.', action: 'ready' });
    expect(await stateOf(id)).toBe('ready');
  });

  it('keeps what is not ready as a draft, and says so', async () => {
    const answer = await editor.postForm(here(), { title: 'Not yet', content: 'TODO: write this', action: 'ready' });
    const page = readPage((await editor.get(String(answer.headers.location)).expect(200)).text);
    expect(page.text).toContain('not ready yet');
    expect(page.html).toContain('data-state="draft"');
  });

  it('notes an idea as an idea', async () => {
    expect(await stateOf(await write({ title: 'A thought', action: 'idea' }))).toBe('idea');
  });

  it('makes an idea a draft where its form says so, changed or not', async () => {
    const idea = { title: 'A thought', content: 'And its text' };
    const edit = async (fields: Record<string, string>) => {
      const id = await write({ ...idea, action: 'idea' });
      expect((await editor.get(`/patreon/posts/${id}/edit/`)).text).toContain('value="draft">Save as draft</button>');
      const answer = await editor.postForm(`/patreon/posts/${id}/edit/`, { ...idea, version: '1', ...fields });
      return { id, page: readPage((await editor.get(String(answer.headers.location)).expect(200)).text) };
    };
    const kept = await edit({ content: 'More of it' });
    expect(await stateOf(kept.id)).toBe('idea');
    for (const content of ['And its text', 'More of it']) {
      const { id, page } = await edit({ content, action: 'draft' });
      expect([await stateOf(id), page.text]).toEqual(['draft', expect.stringContaining('It waits here as a draft.')]);
      expect(page.html).not.toContain('value="draft">Save as draft</button>');
      const moves = await app.context.knex('post_draft_moves').where({ draft_id: id });
      expect(moves).toEqual([
        expect.objectContaining({ from_state: 'idea', to_state: 'draft', moved_by: editor.staff.id }),
      ]);
    }
  });

  it('tells what an amount in cents comes to, as it is stored and as it was typed', async () => {
    const id = await write({ title: 'For some', min_cents_pledged_to_view: '1250' });
    const amountOf = (html: string) => /id="draft-min_cents_pledged_to_view-amount"[^>]*>([^<]*)</.exec(html)?.[1];
    expect(amountOf((await editor.get(`/patreon/posts/${id}/edit/`)).text)).toBe('1250 = €12.50');
    const typed = (min_cents_pledged_to_view: string) => editor.postForm(here(), { min_cents_pledged_to_view });
    expect(amountOf((await typed('5')).text)).toBe('5 = €0.05');
    expect(amountOf((await typed('5.00')).text)).toBe('');
  });

  it('makes one draft of a form that is sent twice, and saves what was changed in between', async () => {
    const { token = '' } = readPage((await editor.get(here())).text).values();
    const first = await write({ title: 'Twice', token });
    expect(await write({ title: 'Twice', token })).toBe(first);
    expect(await write({ title: 'Twice, and better', token })).toBe(first);
    expect(await formOf(first)).toMatchObject({ title: 'Twice, and better', version: '2' });
    await editor.postForm(`/patreon/posts/${first}/delete/`);
    expect(await formOf(await write({ title: 'Not lost', token }))).toMatchObject({ title: 'Not lost', version: '1' });
  });

  it('asks about a form that is sent again after somebody else saved another text', async () => {
    const { token = '' } = readPage((await editor.get(here())).text).values();
    const first = await write({ title: 'Twice', content: 'Once', token });
    const manager = await app.signInAs('manager');
    await manager.postForm(`/patreon/posts/${first}/edit/`, { title: 'Twice', content: 'By a manager', version: '1' });
    const answer = await editor.postForm(here(), { title: 'Twice', content: 'Sent again', token, action: 'save' });
    const page = readPage(answer.text);
    expect([answer.status, page.text]).toEqual([409, expect.stringContaining('your text is kept as version 3')]);
    const { _csrf, ...values } = page.values();
    await editor.postForm(`/patreon/posts/${first}/edit/`, { ...values, choice_content: 'both' });
    expect(await formOf(first)).toMatchObject({ content: 'Sent again\n\nBy a manager' });
    expect(await write({ title: 'Twice', content: 'Once', token })).toBe(first);
    const kept = readPage((await editor.get(`/patreon/posts/${first}/edit/`)).text);
    expect(kept.text).toContain('is kept as well: Text.');
  });

  it('refuses a time that the clocks of the campaign skip', async () => {
    const { knex } = app.context;
    await knex('campaign_settings').insert({ campaign_id: campaign, time_zone: 'Europe/Paris', set_at: knex.fn.now() });
    const skipped = await editor.postForm(here(), { title: 'Night', planned_for: '2027-03-28T02:30', action: 'save' });
    expect([skipped.status, readPage(skipped.text).text]).toEqual([422, expect.stringContaining('put forward')]);
    const id = await write({ title: 'Morning', planned_for: '2027-03-28T03:30' });
    const row = await knex('post_drafts').where({ id }).first('planned_for');
    expect(new Date(row.planned_for).toISOString()).toBe('2027-03-28T01:30:00.000Z');
    expect(await formOf(id)).toMatchObject({ planned_for: '2027-03-28T03:30' });
    await knex('campaign_settings').delete();
  });

  it('leaves a planned hour that the clocks show twice as it was, unless it is changed', async () => {
    const { knex } = app.context;
    await knex('campaign_settings').insert({ campaign_id: campaign, time_zone: 'Europe/Paris', set_at: knex.fn.now() });
    const id = await write({ title: 'Autumn' });
    const first = '2027-10-31T00:30:00.000Z';
    await knex('post_drafts').where({ id }).update({ planned_for: first });
    await knex('post_draft_versions').where({ draft_id: id }).update({ planned_for: first });
    const { version = '', planned_for = '' } = await formOf(id);
    expect(planned_for).toBe('2027-10-31T02:30');
    await editor.postForm(`/patreon/posts/${id}/edit/`, { title: 'Autumn leaves', version, planned_for });
    const row = await knex('post_drafts').where({ id }).first('planned_for', 'title');
    expect([new Date(row.planned_for).toISOString(), row.title]).toEqual([first, 'Autumn leaves']);
    await knex('campaign_settings').delete();
  });

  it('tells how many people will see it', async () => {
    const { knex } = app.context;
    await insertMembersOfKind(knex, campaign, 'paying', 3, { currently_entitled_tiers: ['7001'], monthly_cents: 300 });
    await insertMembersOfKind(knex, campaign, 'paying', 2, { currently_entitled_tiers: ['7002'], monthly_cents: 900 });
    await insertMembersOfKind(knex, campaign, 'gift', 1, { currently_entitled_tiers: ['7001', '7002'] });
    await insertMembersOfKind(knex, campaign, 'former', 4);
    const people = async (choice: string) => {
      const { text } = await editor.get(`/patreon/posts/audience/?campaign=${campaign}${choice}`).expect(200);
      return [/data-audience="(\w+)"/.exec(text)?.[1], Number(/data-people="(\d+)"/.exec(text)?.[1])];
    };
    expect(await people('&is_public=true')).toEqual(['public', 10]);
    expect(await people('')).toEqual(['members', 6]);
    expect(await people(`&tiers=${tiers[0]}`)).toEqual(['tiers', 4]);
    expect(await people(`&tiers=${tiers[0]}&tiers=${tiers[1]}`)).toEqual(['tiers', 6]);
    // Whoever was given a tier that costs it reads like those who pay it.
    expect(await people('&min_cents_pledged_to_view=500')).toEqual(['amount', 3]);
    expect(await people('&min_cents_pledged_to_view=901')).toEqual(['amount', 0]);
    expect(await people(`&tiers=${tiers[0]}&min_cents_pledged_to_view=500`)).toEqual(['tiers', 1]);
    expect(await people(`&tiers=${tiers[0]}&unread_tiers=7002`)).toEqual(['tiers', 6]);
    const id = await write({ title: 'For some', tiers: String(tiers[1]) });
    const page = readPage((await editor.get(`/patreon/posts/${id}/`).expect(200)).text);
    expect(page.text).toContain('3 members of the chosen tiers');
    await editor.get('/patreon/posts/audience/?campaign=x').expect(422);
  });

  it('takes a draft that was ready back with the first change, not with a save that changes nothing', async () => {
    const id = await write({ title: 'Ready', content: 'Words.', action: 'ready' });
    const form = await formOf(id);
    await editor.postForm(`/patreon/posts/${id}/edit/`, { ...form, action: 'save' });
    expect(await stateOf(id)).toBe('ready');
    await editor.postForm(`/patreon/posts/${id}/edit/`, { ...form, content: 'Other words.', action: 'save' });
    expect(await stateOf(id)).toBe('draft');
  });

  it('shows viewers the draft and its history, and lets them write nothing', async () => {
    const id = await write({ title: 'Look, but', content: 'do **not** touch', notes: 'Ours' });
    const viewer = await app.signInAs('viewer');
    const page = readPage((await viewer.get(`/patreon/posts/${id}/`).expect(200)).text);
    expect(page.html).toContain('<strong>not</strong>');
    expect(page.html).not.toContain('/edit/"');
    await viewer.get(`/patreon/posts/${id}/history/`).expect(200);
    await viewer.get(`/patreon/posts/${id}/edit/`).expect(403);
    await viewer.get(here()).expect(403);
    for (const action of ['edit', 'autosave', 'presence', 'delete', 'undelete', 'history/1/restore', 'revise']) {
      const answer = await viewer.postForm(`/patreon/posts/${id}/${action}/`, { version: '1', title: 'Mine' });
      expect([action, answer.status]).toEqual([action, 403]);
    }
  });

  it('is deleted after a question, and comes back at once or from the list', async () => {
    const id = await write({ title: 'Soon gone' });
    expect(readPage((await editor.get(`/patreon/posts/${id}/delete/`).expect(200)).text).text).toContain(
      'Delete “Soon gone”?',
    );
    const deleted = await editor.postForm(`/patreon/posts/${id}/delete/`);
    expect(deleted.headers.location).toBe('/patreon/posts/#drafts');
    const list = readPage((await editor.get('/patreon/posts/').expect(200)).text);
    expect(list.text).toContain('“Soon gone” is deleted.');
    await editor.get(`/patreon/posts/${id}/`).expect(404);
    expect(list.rows('drafts').map((row) => row.id)).not.toContain(String(id));
    expect(readPage((await editor.get('/patreon/posts/?draft_state=deleted')).text).rows('drafts')[0]?.id).toBe(
      String(id),
    );
    expect((await editor.postForm(`/patreon/posts/${id}/undelete/`)).status).toBe(303);
    await editor.get(`/patreon/posts/${id}/`).expect(200);
  });

  it('answers 404 for drafts that are not there', async () => {
    await editor.get('/patreon/posts/987654/edit/').expect(404);
    await editor.get('/patreon/campaigns/987654/create-post/').expect(404);
    expect((await editor.postForm('/patreon/posts/987654/undelete/')).status).toBe(404);
    expect((await editor.postForm('/patreon/posts/987654/revise/')).status).toBe(404);
  });
});
