import { settlePlans } from '../../src/apps/plans/plan-settling.service';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertMembersOfKind, insertTiers } from '../support/campaign-factories';
import { readPage } from '../support/page';

const TIER = {
  title: 'Scribe',
  amount_cents: 1_000,
  description: '<p>A letter a month &amp; thanks.</p>',
  user_limit: 50,
  published: true,
};

let app: TestApp;
let manager: SignedInVisitor;
let viewer: SignedInVisitor;
let campaign: number;
let tier: number;

beforeAll(async () => {
  app = await startTestApp();
  [manager, viewer] = [await app.signInAs('manager'), await app.signInAs('viewer')];
});
afterAll(() => app.close());
beforeEach(async () => {
  const { knex } = app.context;
  const text = {
    name: 'Quill & Co',
    currency: 'USD',
    summary: '<p>About <b>ink</b></p>',
    url: 'https://www.patreon.com/quill',
  };
  campaign = await insertCampaign(knex, text);
  [tier] = (await insertTiers(knex, campaign, [TIER])) as [number];
});
afterEach(() => deleteCampaigns(app.context.knex));

const edit = () => `/patreon/tiers/${tier}/edit/`;
const create = () => `/patreon/campaigns/${campaign}/tiers/create/`;
const idOf = (answer: { headers: Record<string, string> }) =>
  Number(/\/plans\/(\d+)\/$/.exec(answer.headers.location ?? '')?.[1]);
const planned = async (path: string, fields: Record<string, string>): Promise<number> => {
  const answer = await manager.postForm(path, fields);
  expect([answer.status, answer.headers.location]).toEqual([303, expect.stringMatching(/^\/patreon\/plans\/\d+\/$/)]);
  return idOf(answer);
};
const stateOf = async (id: number) => (await app.context.knex('planned_changes').where({ id }).first('state')).state;
const valuesOf = async (id: number) => {
  const rows = await app.context.knex('planned_values').where({ plan_id: id }).orderBy('field');
  return Object.fromEntries(rows.map((row) => [row.field, [row.base, row.wanted, row.state]]));
};
/** What a sync would store, and what it does afterwards. */
const onPatreon = async (change: Record<string, unknown>, id = tier) => {
  await app.context.knex('patreon_tiers').where({ id }).update(change);
  await settlePlans(app.context, campaign);
};
const page = async (path: string, who = viewer) => readPage((await who.get(path).expect(200)).text);
/** What a form would send as it stands. */
const formOf = async (path: string) => {
  const { _csrf, ...fields } = (await page(path, manager)).values();
  return fields;
};
const decide = (id: number, name: string, fields: Record<string, string> = {}) =>
  manager.postForm(`/patreon/plans/${id}/${name}/`, fields);

describe('a planned change of a tier', () => {
  it('begins with what Patreon says, as somebody would type it', async () => {
    expect((await page(edit(), manager)).values()).toMatchObject({
      title: 'Scribe',
      amount_cents: '1000',
      description: 'A letter a month & thanks.',
      user_limit: '50',
      reason: '',
    });
  });

  it('keeps the fields that differ, and leaves the mirror as it is', async () => {
    const form = await formOf(edit());
    const id = await planned(edit(), { ...form, amount_cents: '1200', reason: 'Postage' });
    expect(await valuesOf(id)).toEqual({ amount_cents: [1_000, 1_200, 'open'] });
    expect(await app.context.knex('patreon_tiers').where({ id: tier }).first()).toMatchObject(TIER);
    expect(await app.context.knex('planned_changes').where({ id }).first()).toMatchObject({
      state: 'open',
      reason: 'Postage',
      created_by: manager.staff.id,
    });
  });

  it('is shown beside what Patreon says, in lists, and on a sheet that says what to type', async () => {
    const id = await planned(edit(), { amount_cents: '1200' });
    const shown = await page(`/patreon/tiers/${tier}/`);
    expect(shown.html).toMatch(/data-planned="amount_cents" data-value="1200"/);
    expect(shown.field('amount_cents')).toBe('1000');
    expect(shown.text).toContain('$12.00 wanted');
    expect((await page('/patreon/tiers/')).html).toMatch(/data-plan="open"/);
    expect((await page('/patreon/campaigns/')).text).toContain('One planned change');
    const sheet = await page(`/patreon/plans/${id}/`);
    expect(sheet.html).toContain('data-copy="12.00"');
    expect(sheet.html).toContain('href="https://www.patreon.com/quill"');
    expect(sheet.text).toContain('Not on Patreon yet.');
  });

  it('stands in the list of plans with its state', async () => {
    const id = await planned(edit(), { amount_cents: '1200' });
    const list = await page('/patreon/plans/');
    expect(list.total).toBe(1);
    expect(list.rows('plans')).toMatchObject([{ id: String(id), attributes: { 'data-state': 'open' } }]);
    expect((await page('/patreon/plans/?state=applied')).total).toBe(0);
    expect((await page(`/patreon/plans/?campaign=${campaign}&state=open`)).total).toBe(1);
    await viewer.get('/patreon/plans/?state=nonsense').expect(400);
  });

  it('is applied by itself when Patreon says what was wanted, each field by itself', async () => {
    const id = await planned(edit(), { amount_cents: '1200', description: 'Two letters, <3 & thanks' });
    await onPatreon({ amount_cents: 1_200 });
    expect(await valuesOf(id)).toMatchObject({
      amount_cents: [1_000, 1_200, 'applied'],
      description: [TIER.description, 'Two letters, <3 & thanks', 'open'],
    });
    expect(await stateOf(id)).toBe('open');
    await onPatreon({ description: '<p>Two letters,  &lt;3 &amp; thanks </p>' });
    expect(await stateOf(id)).toBe('applied');
    const audit = await app.context
      .knex('audit_entries')
      .where({ subject_type: 'plan', subject_id: String(id) })
      .orderBy('id')
      .pluck('action');
    expect(audit).toEqual(['plan.created', 'plan.applied']);
  });

  it('is one plan for each tier: planning again replaces what was wanted', async () => {
    const first = await planned(edit(), { amount_cents: '1200' });
    const form = await formOf(edit());
    expect(form.amount_cents).toBe('1200');
    const second = await planned(edit(), { ...form, amount_cents: '1500', title: 'Writer' });
    expect(second).toBe(first);
    expect(await valuesOf(first)).toEqual({
      amount_cents: [1_000, 1_500, 'open'],
      title: ['Scribe', 'Writer', 'open'],
    });
  });

  it('loses a field that is set back to what Patreon says, and is discarded with the last one', async () => {
    const id = await planned(edit(), { amount_cents: '1200', title: 'Writer' });
    await planned(edit(), { amount_cents: '1000' });
    expect(await valuesOf(id)).toMatchObject({ amount_cents: [1_000, 1_200, 'discarded'] });
    expect(await stateOf(id)).toBe('open');
    await planned(edit(), { title: 'Scribe' });
    expect(await stateOf(id)).toBe('discarded');
  });

  it('leaves alone what its form showed and nobody touched, whatever became of it meanwhile', async () => {
    const form = await formOf(edit());
    await onPatreon({ user_limit: 40 });
    const id = await planned(edit(), { amount_cents: '1200', reason: 'Postage' });
    expect(await planned(edit(), { ...form, title: 'Writer' })).toBe(id);
    expect(await valuesOf(id)).toEqual({
      amount_cents: [1_000, 1_200, 'open'],
      title: ['Scribe', 'Writer', 'open'],
    });
    expect(await app.context.knex('planned_changes').where({ id }).first('reason')).toEqual({ reason: 'Postage' });
    const again = await formOf(edit());
    const refused = await manager.postForm(edit(), { ...again, title: 'Copyist', user_limit: 'many' });
    await planned(edit(), { amount_cents: '1300' });
    const { _csrf, ...typed } = readPage(refused.text).values();
    await planned(edit(), { ...typed, user_limit: '40' });
    expect(await valuesOf(id)).toMatchObject({
      amount_cents: [1_000, 1_300, 'open'],
      title: ['Scribe', 'Copyist', 'open'],
    });
  });

  it('can be made beside a text of Patreon that is longer than a planned one may be', async () => {
    await onPatreon({ description: `<p>${'word '.repeat(2_500)}</p>` });
    const id = await planned(edit(), { ...(await formOf(edit())), title: 'Writer' });
    expect(Object.keys(await valuesOf(id))).toEqual(['title']);
  });

  it('can be made twice at the same moment without becoming two', async () => {
    const answers = await Promise.all(
      ['1100', '1200', '1300'].map((amount_cents) => manager.postForm(edit(), { amount_cents })),
    );
    expect(new Set(answers.map(idOf)).size).toBe(1);
    expect(await app.context.knex('planned_changes').where({ tier_id: tier })).toHaveLength(1);
  });

  it.each([
    ['title', ''],
    ['title', 'x'.repeat(201)],
    ['amount_cents', '12.00'],
    ['amount_cents', ''],
    ['amount_cents', '-5'],
    ['amount_cents', '100000001'],
    ['amount_cents', '0'],
    ['user_limit', '0'],
    ['user_limit', 'many'],
    ['description', 'x'.repeat(10_001)],
    ['reason', 'x'.repeat(1_001)],
    ['due_on', '2026-02-30'],
    ['due_on', '2020-01-01'],
  ])('is refused with a wrong %s (%#), and keeps what was typed', async (field, value) => {
    const form = { ...(await formOf(edit())), title: 'Writer', [field]: value };
    const answer = await manager.postForm(edit(), form);
    expect(answer.status).toBe(422);
    const refused = readPage(answer.text);
    expect(refused.html).toContain(`id="field-${field}-error"`);
    expect(refused.values()).toMatchObject({ ...(field === 'title' ? {} : { title: 'Writer' }), [field]: value });
    expect(await app.context.knex('planned_changes')).toEqual([]);
  });

  it('tells beside a price in cents what it comes to', async () => {
    expect((await page(edit(), manager)).text).toContain('1000 = $10.00');
    const answer = await manager.postForm(edit(), { amount_cents: '5', user_limit: 'many' });
    expect(readPage(answer.text).text).toContain('5 = $0.05');
  });

  it('is refused in plain words when a field is sent twice or cannot be stored', async () => {
    for (const title of [['One', 'Two'], 'a\0b']) {
      const answer = await manager.postForm(edit(), { title });
      expect([answer.status, readPage(answer.text).text]).toEqual([422, expect.stringContaining('cannot be stored')]);
    }
  });

  it('is refused where nothing would change, and for a tier that is gone', async () => {
    const same = await manager.postForm(edit(), { title: ' Scribe ' });
    expect([same.status, readPage(same.text).text]).toEqual([
      422,
      expect.stringContaining('Change at least one value'),
    ]);
    await onPatreon({ gone_at: new Date() });
    expect((await manager.postForm(edit(), { title: 'Writer' })).status).toBe(422);
  });

  it('is refused for a campaign that is gone, in every form', async () => {
    await app.context.knex('patreon_campaigns').where({ id: campaign }).update({ gone_at: new Date() });
    const forms = [edit(), create(), `/patreon/tiers/${tier}/delete/`, `/patreon/campaigns/${campaign}/edit/texts/`];
    for (const path of forms) {
      const answer = await manager.postForm(path, { title: 'Writer', amount_cents: '1200', name: 'Quill' });
      expect([answer.status, readPage(answer.text).text]).toEqual([422, expect.stringContaining('no longer names it')]);
    }
  });

  it('is for managers and owners; everybody may read it', async () => {
    const id = await planned(edit(), { amount_cents: '1200' });
    const editor = await app.signInAs('editor');
    for (const who of [editor, viewer]) {
      await who.get(edit()).expect(403);
      expect((await who.postForm(edit(), { amount_cents: '1300' })).status).toBe(403);
      expect((await who.postForm(`/patreon/plans/${id}/discard/`)).status).toBe(403);
      expect((await page(`/patreon/tiers/${tier}/`, who)).html).not.toContain(edit());
    }
    expect(await stateOf(id)).toBe('open');
  });
});

describe('a conflict', () => {
  const inConflict = async () => {
    const id = await planned(edit(), { amount_cents: '1200' });
    await onPatreon({ amount_cents: 1_100 });
    expect(await stateOf(id)).toBe('conflict');
    return id;
  };

  it('shows what was, what is wanted and what Patreon says instead', async () => {
    const sheet = await page(`/patreon/plans/${await inConflict()}/`);
    expect(sheet.html).toMatch(/data-base="1000"[\s\S]*data-now="1100"[\s\S]*data-wanted="1200"/);
    expect((await page(`/patreon/tiers/${tier}/`)).text).toContain('Patreon changed meanwhile: decide.');
    const { body } = await manager.get('/patreon/api/status/', { accept: 'application/json' });
    const [problem] = body.problems.filter(({ code }: { code: string }) => code === 'plan_conflict');
    expect((await page(problem.fix_url)).rows('plans')).toHaveLength(1);
  });

  it('is nobody’s problem any more once its campaign is gone', async () => {
    await inConflict();
    await app.context.knex('patreon_campaigns').where({ id: campaign }).update({ gone_at: new Date() });
    const { body } = await manager.get('/patreon/api/status/', { accept: 'application/json' });
    expect(body.problems.filter(({ code }: { code: string }) => code === 'plan_conflict')).toEqual([]);
  });

  it('is over when Patreon goes back to what it said', async () => {
    const id = await inConflict();
    await onPatreon({ amount_cents: 1_000 });
    expect(await stateOf(id)).toBe('open');
    await onPatreon({ amount_cents: 1_200 });
    expect(await stateOf(id)).toBe('applied');
  });

  it('can be decided for ours, against what Patreon says now', async () => {
    const id = await inConflict();
    expect((await decide(id, 'resolve', { field: 'amount_cents', choice: 'keep' })).status).toBe(303);
    expect(await valuesOf(id)).toEqual({ amount_cents: [1_100, 1_200, 'open'] });
    expect(await stateOf(id)).toBe('open');
  });

  it('can be decided for theirs', async () => {
    const id = await inConflict();
    await decide(id, 'resolve', { field: 'amount_cents', choice: 'take' });
    expect(await stateOf(id)).toBe('discarded');
  });

  it('can be decided for a third value', async () => {
    const id = await inConflict();
    expect(await planned(edit(), { amount_cents: '1300' })).toBe(id);
    expect(await valuesOf(id)).toEqual({ amount_cents: [1_100, 1_300, 'open'] });
  });

  it('stays one when the form is saved without an answer', async () => {
    const id = await inConflict();
    await planned(edit(), { amount_cents: '1200', reason: 'Still' });
    expect(await stateOf(id)).toBe('conflict');
  });

  it('leaves the other fields alone', async () => {
    const id = await planned(edit(), { amount_cents: '1200', title: 'Writer' });
    await onPatreon({ amount_cents: 1_100, title: 'Writer' });
    expect(await valuesOf(id)).toMatchObject({
      amount_cents: [1_000, 1_200, 'conflict'],
      title: ['Scribe', 'Writer', 'applied'],
    });
  });

  it('is what becomes of a plan whose tier is gone, in words', async () => {
    const id = await planned(edit(), { amount_cents: '1200' });
    await onPatreon({ gone_at: new Date() });
    expect(await stateOf(id)).toBe('conflict');
    expect((await page(`/patreon/plans/${id}/`)).text).toContain('The tier is gone from Patreon');
    await onPatreon({ gone_at: null });
    expect(await stateOf(id)).toBe('open');
  });

  it('takes no answer that is none, and says so when it is too late', async () => {
    const id = await inConflict();
    await decide(id, 'resolve', { field: 'amount_cents', choice: 'nonsense' });
    await decide(id, 'resolve', { field: 'nonsense', choice: 'keep' });
    expect(await stateOf(id)).toBe('conflict');
    await onPatreon({ amount_cents: 1_200 });
    expect((await decide(id, 'resolve', { field: 'amount_cents', choice: 'take' })).status).toBe(303);
    expect((await page(`/patreon/plans/${id}/`, manager)).text).toContain('This was not possible any more.');
    expect(await stateOf(id)).toBe('applied');
  });
});

describe('a plan', () => {
  it('can be discarded, twice as well as once, and opened again', async () => {
    const id = await planned(edit(), { amount_cents: '1200' });
    for (const _time of [1, 2]) expect((await decide(id, 'discard')).status).toBe(303);
    expect(await stateOf(id)).toBe('discarded');
    expect((await page(`/patreon/tiers/${tier}/`)).html).not.toContain('data-planned');
    expect((await page('/patreon/plans/?state=discarded')).rows('plans')).toHaveLength(1);
    await decide(id, 'reopen');
    expect(await stateOf(id)).toBe('open');
    expect(await valuesOf(id)).toEqual({ amount_cents: [1_000, 1_200, 'open'] });
  });

  it('is compared with Patreon at once when it is opened again', async () => {
    const id = await planned(edit(), { amount_cents: '1200' });
    await decide(id, 'discard');
    await onPatreon({ amount_cents: 1_200 });
    expect(await stateOf(id)).toBe('discarded');
    await decide(id, 'reopen');
    expect(await stateOf(id)).toBe('applied');
  });

  it('is not opened again while another one waits', async () => {
    const first = await planned(edit(), { amount_cents: '1200' });
    await decide(first, 'discard');
    await planned(edit(), { amount_cents: '1300' });
    await decide(first, 'reopen');
    expect(await stateOf(first)).toBe('discarded');
    expect((await page(`/patreon/plans/${first}/`, manager)).text).toContain('Another plan waits');
  });

  it('is marked as done until a sync finds it', async () => {
    const id = await planned(edit(), { amount_cents: '1200' });
    await decide(id, 'handoff', { done: 'true' });
    expect((await page(`/patreon/plans/${id}/`)).text).toContain(`Done on Patreon, ${manager.staff.name} said on`);
    await decide(id, 'handoff', { done: 'false' });
    expect((await page(`/patreon/plans/${id}/`)).text).toContain('Not on Patreon yet.');
  });

  it('whose day is over is a problem, by the calendar of its campaign', async () => {
    const { knex } = app.context;
    const id = await planned(edit(), { amount_cents: '1200' });
    await knex('planned_changes')
      .where({ id })
      .update({ due_on: knex.raw(`(now() at time zone 'Pacific/Honolulu')::date`) });
    const problems = async () => {
      const { body } = await manager.get('/patreon/api/status/', { accept: 'application/json' });
      return body.problems.filter(({ code }: { code: string }) => code === 'plan_overdue');
    };
    await knex('campaign_settings').insert({ campaign_id: campaign, time_zone: 'Pacific/Honolulu' });
    expect(await problems()).toEqual([]);
    await knex('planned_changes')
      .where({ id })
      .update({ due_on: knex.raw('due_on - 1') });
    const [problem] = await problems();
    expect(problem).toMatchObject({ fix_url: '/patreon/plans/?due=overdue' });
    expect((await page(problem.fix_url)).rows('plans')).toHaveLength(1);
    await knex('patreon_campaigns').where({ id: campaign }).update({ gone_at: new Date() });
    expect(await problems()).toEqual([]);
    const { text } = await page(`/patreon/plans/${id}/`, manager);
    expect(text).toContain('The campaign is gone from Patreon');
    expect(text).not.toContain('To do on Patreon');
  });

  it('answers 404 for what is not there', async () => {
    await viewer.get('/patreon/plans/999999/').expect(404);
    await viewer.get('/patreon/plans/9007199254740991/').expect(404);
    expect((await manager.postForm('/patreon/plans/999999/discard/')).status).toBe(404);
  });

  it('speaks French', async () => {
    const id = await planned(edit(), { amount_cents: '1200' });
    await app.context.knex('staff').where({ id: viewer.staff.id }).update({ locale: 'fr' });
    const { text } = await page(`/patreon/plans/${id}/`);
    await app.context.knex('staff').where({ id: viewer.staff.id }).update({ locale: 'en' });
    expect(text).toContain('Modifier le niveau « Scribe »');
    expect(text).toContain('Pas encore sur Patreon.');
  });
});

describe('a planned new tier', () => {
  const wish = { title: 'Folio', amount_cents: '2500', description: 'A print', user_limit: '', reason: '' };
  const arrives = async (tiers: Record<string, unknown>[]) => {
    const ids = await insertTiers(app.context.knex, campaign, tiers);
    await settlePlans(app.context, campaign);
    return ids;
  };

  it('is applied when the one tier with its title and price appears', async () => {
    const id = await planned(create(), wish);
    const [came] = await arrives([
      { title: 'Folio', amount_cents: 2_500, description: '<p>A print</p>' },
      { title: 'Other', amount_cents: 2_500 },
    ]);
    expect(await stateOf(id)).toBe('applied');
    expect(await app.context.knex('planned_changes').where({ id }).first()).toMatchObject({ tier_id: came });
  });

  it('is not taken for a tier that was there before', async () => {
    await arrives([{ title: 'Folio', amount_cents: 2_500 }]);
    const id = await planned(create(), wish);
    await settlePlans(app.context, campaign);
    expect(await stateOf(id)).toBe('open');
  });

  it('tells what differs of the tier that came', async () => {
    const id = await planned(create(), wish);
    await arrives([{ title: 'Folio', amount_cents: 2_500, description: 'A poster' }]);
    expect(await stateOf(id)).toBe('conflict');
    expect(await valuesOf(id)).toMatchObject({
      title: [null, 'Folio', 'applied'],
      description: [null, 'A print', 'conflict'],
    });
  });

  it.each([
    ['two tiers fit', [2_500, 2_500]],
    ['only the title fits', [2_600]],
  ])('asks which one it is where %s', async (_case, amounts) => {
    const id = await planned(create(), wish);
    const ids = await arrives(amounts.map((amount_cents) => ({ title: 'Folio', amount_cents })));
    expect(await stateOf(id)).toBe('open');
    expect((await page('/patreon/plans/')).text).toContain('Which tier is it?');
    const sheet = await page(`/patreon/plans/${id}/`);
    for (const candidate of ids) expect(sheet.html).toContain(`data-candidate="${candidate}"`);
    await decide(id, 'confirm', { tier: String(ids[0]) });
    expect(await app.context.knex('planned_changes').where({ id }).first()).toMatchObject({
      tier_id: ids[0],
      needs_answer: false,
    });
    expect(await valuesOf(id)).toMatchObject({ title: [null, 'Folio', 'applied'] });
  });

  it('is never guessed where two plans await the same tier', async () => {
    const ids = [await planned(create(), wish), await planned(create(), wish)];
    await arrives([{ title: 'Folio', amount_cents: 2_500 }]);
    expect(await Promise.all(ids.map(stateOf))).toEqual(['open', 'open']);
  });

  it('takes no tier that cannot be it', async () => {
    const id = await planned(create(), wish);
    await decide(id, 'confirm', { tier: String(tier) });
    expect(await app.context.knex('planned_changes').where({ id }).first()).toMatchObject({ tier_id: null });
  });

  it('can be changed while it waits', async () => {
    const id = await planned(create(), wish);
    const address = `/patreon/plans/${id}/edit/`;
    expect((await page(address, manager)).values()).toMatchObject({ title: 'Folio', amount_cents: '2500' });
    expect(await planned(address, { ...wish, amount_cents: '2600' })).toBe(id);
    expect(await valuesOf(id)).toMatchObject({ amount_cents: [null, 2_600, 'open'] });
  });

  it('keeps what a colleague changed of it while its form stood open', async () => {
    const id = await planned(create(), wish);
    const address = `/patreon/plans/${id}/edit/`;
    const form = await formOf(address);
    await planned(address, { ...form, amount_cents: '2600', reason: 'Paper' });
    await planned(address, { ...form, title: 'Folio prints' });
    expect(await valuesOf(id)).toEqual({
      amount_cents: [null, 2_600, 'open'],
      description: [null, 'A print', 'open'],
      title: [null, 'Folio prints', 'open'],
    });
    await planned(address, { ...(await formOf(address)), description: '' });
    expect(Object.keys(await valuesOf(id))).toEqual(['amount_cents', 'title']);
    expect(await app.context.knex('planned_changes').where({ id }).first('reason')).toEqual({ reason: 'Paper' });
  });

  it('keeps what was typed when its tier has come meanwhile', async () => {
    const id = await planned(create(), wish);
    await arrives([{ title: 'Folio', amount_cents: 2_500, description: 'A print' }]);
    const answer = await manager.postForm(`/patreon/plans/${id}/edit/`, { ...wish, title: 'Folio prints' });
    expect([answer.status, readPage(answer.text).values().title]).toEqual([422, 'Folio prints']);
  });

  it('needs a title and a price', async () => {
    const answer = await manager.postForm(create(), { title: '', amount_cents: '0' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('id="field-title-error"');
    expect(answer.text).toContain('id="field-amount_cents-error"');
    expect((await manager.postForm(create(), {})).status).toBe(422);
  });
});

describe('a planned deletion of a tier', () => {
  const address = () => `/patreon/tiers/${tier}/delete/`;
  const patreonId = async () => (await app.context.knex('patreon_tiers').where({ id: tier }).first()).patreon_id;

  it('is refused with the number of people on it, whatever their kind', async () => {
    const { knex } = app.context;
    const on = { currently_entitled_tiers: [await patreonId()] };
    await insertMembersOfKind(knex, campaign, 'paying', 2, on);
    await insertMembersOfKind(knex, campaign, 'gift', 1, on);
    await insertMembersOfKind(knex, campaign, 'paying', 1, { ...on, gone_at: new Date() });
    const answer = await manager.postForm(address(), { reason: 'Unused' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('data-members="3"');
    expect(readPage(answer.text).text).toContain('3 people are on this tier');
    expect((await page(`/patreon/members/?tier=${tier}`)).total).toBe(3);
    expect(await knex('planned_changes')).toEqual([]);
  });

  it('is applied when the tier is gone', async () => {
    const id = await planned(address(), { reason: 'Unused' });
    await settlePlans(app.context, campaign);
    expect(await stateOf(id)).toBe('open');
    expect((await page(`/patreon/tiers/${tier}/`)).text).toContain('This tier is to be deleted.');
    await onPatreon({ gone_at: new Date() });
    expect(await stateOf(id)).toBe('applied');
    expect((await page(`/patreon/plans/${id}/`)).text).toContain('A sync found it on Patreon');
  });

  it('takes the place of planned changes, and keeps new ones away', async () => {
    const before = await planned(edit(), { amount_cents: '1200' });
    expect((await page(address(), manager)).text).toContain('Changes of this tier are planned.');
    const id = await planned(address(), {});
    expect([await stateOf(before), await stateOf(id)]).toEqual(['discarded', 'open']);
    expect(await planned(address(), { reason: 'Again' })).toBe(id);
    expect((await manager.postForm(edit(), { amount_cents: '1300' })).status).toBe(422);
  });

  it('is refused for the free tier', async () => {
    await app.context.knex('patreon_tiers').where({ id: tier }).update({ amount_cents: 0 });
    expect((await manager.postForm(address(), {})).status).toBe(422);
  });
});

describe('planned texts of a campaign', () => {
  const address = () => `/patreon/campaigns/${campaign}/edit/texts/`;

  it('are reached from its settings, and applied by themselves', async () => {
    expect((await page(`/patreon/campaigns/${campaign}/edit/`, manager)).html).toContain(`href="${address()}"`);
    const form = await formOf(address());
    expect(form).toMatchObject({ name: 'Quill & Co', summary: 'About ink' });
    const id = await planned(address(), { ...form, summary: 'About ink\nand paper' });
    expect(await valuesOf(id)).toEqual({ summary: ['<p>About <b>ink</b></p>', 'About ink\nand paper', 'open'] });
    expect((await page(`/patreon/campaigns/${campaign}/`)).html).toContain('data-planned="summary"');
    await app.context
      .knex('patreon_campaigns')
      .where({ id: campaign })
      .update({ summary: '<p>About <b>ink</b></p><p>and paper</p>' });
    await settlePlans(app.context, campaign);
    expect(await stateOf(id)).toBe('applied');
  });

  it('are planned as well where Patreon leaves the name empty', async () => {
    await app.context.knex('patreon_campaigns').where({ id: campaign }).update({ name: null });
    const id = await planned(address(), { ...(await formOf(address())), one_liner: 'Ink by the harbour' });
    expect(Object.keys(await valuesOf(id))).toEqual(['one_liner']);
  });

  it('tell wrong ones', async () => {
    for (const [field, value] of Object.entries({ name: '', one_liner: 'x'.repeat(201), is_nsfw: 'perhaps' })) {
      const answer = await manager.postForm(address(), { [field]: value });
      expect([answer.status, answer.text]).toEqual([422, expect.stringContaining(`id="field-${field}-error"`)]);
    }
  });
});
