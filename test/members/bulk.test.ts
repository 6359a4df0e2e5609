import { randomUUID } from 'node:crypto';
import { parse } from 'node:querystring';
import { recoverBatches, runBatch } from '../../src/apps/members/bulk-work';
import { jobCatalogue } from '../../src/catalogue';
import { startWorker } from '../../src/jobs/worker';
import { watchFailPoints } from '../../src/lib/fail-points';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign } from '../support/campaign-factories';
import { insertMembers } from '../support/factories';
import { readPage } from '../support/page';

const BULK = '/patreon/members/bulk/';
const BATCHES = '/patreon/members/batches/';

type Fields = Record<string, string | string[]>;

let app: TestApp;
let owner: SignedInVisitor;
let manager: SignedInVisitor;
let editor: SignedInVisitor;

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.signInAs('owner');
  manager = await app.signInAs('manager');
  editor = await app.signInAs('editor');
});
afterAll(() => app.close());
afterEach(async () => {
  await deleteCampaigns(app.context.knex);
  await app.context.knex.raw(
    'delete from member_batches; delete from labels; delete from graphile_worker._private_jobs',
  );
});

const knex = () => app.context.knex;
const neverStops = new AbortController().signal;
const people = async (values: Record<string, unknown>[]) => insertMembers(knex(), await insertCampaign(knex()), values);
const crowd = (size: number) => people(Array.from({ length: size }, () => ({})));
const labelled = (name: string): Promise<number[]> =>
  knex()('member_labels')
    .join('labels', 'labels.id', 'label_id')
    .where({ name })
    .orderBy('member_id')
    .pluck('member_id');
const batches = () => knex()('member_batches').orderBy('id');
const textOf = (ids: readonly number[]) => ids.map(String);
const pick = (ids: readonly number[], fields: Fields = {}): Fields => ({
  action: 'add_label',
  ids: textOf(ids),
  ...fields,
});
const matching = (query: string, fields: Fields = {}): Fields => ({
  action: 'add_label',
  scope: 'matching',
  query,
  ...fields,
});
const apply = (fields: Fields, visitor = manager) =>
  visitor.postForm(`${BULK}apply/`, { request_key: randomUUID(), ...fields });
const waiting = async () =>
  (await knex().raw('select task_identifier as name, key from graphile_worker.jobs order by id')).rows;
const actionsOf = async (batchId: number) =>
  (await knex()('member_actions').where('batch_id', batchId).pluck('id')).length;

/** Makes a batch of more members than a request does itself, and leaves it to a job. */
async function queueLarge(size = 4_500, label = 'VIP') {
  const ids = await crowd(size);
  const answer = await apply(matching('', { label }));
  const [batch] = await batches();
  expect([answer.status, answer.headers.location]).toEqual([303, `${BATCHES}${batch.id}/`]);
  return { ids, batch };
}

describe('the list of members', () => {
  it('has a box for each member and says how many match, for those who may act on many', async () => {
    const ids = await people([{}, { full_name: null }]);
    const { html } = readPage((await manager.get('/patreon/members/?kind=paying').expect(200)).text);
    expect([...html.matchAll(/name="ids" value="(\d+)" form="bulk"/g)].map(([, id]) => Number(id)).sort()).toEqual(ids);
    expect(html).toContain('All 2 that match');
    expect(html).toMatch(/name="query" value="kind=paying[^"]*"/);
    expect((await editor.get('/patreon/members/').expect(200)).text).not.toContain('form="bulk"');
  });

  it('names its campaign in what is sent, where its own address does not', async () => {
    const campaign = await insertCampaign(knex());
    await insertMembers(knex(), campaign, [{}]);
    const { html } = readPage((await manager.get(`/patreon/campaigns/${campaign}/members/`).expect(200)).text);
    const [, query = ''] = /name="query" value="([^"]*)"/.exec(html) ?? [];
    expect(parse(query.replaceAll('&amp;', '&')).campaign).toBe(String(campaign));
  });
});

describe('what is confirmed', () => {
  it('is the exact number and some names of those who were picked; nothing is done yet', async () => {
    const [a = 0, b = 0] = await people([{ full_name: 'Ada' }, { full_name: 'Ben' }, { full_name: 'Cleo' }]);
    const answer = await manager.postForm(BULK, pick([a, b, a, 999_999]));
    const page = readPage(answer.text);
    expect([answer.status, page.total]).toEqual([200, 2]);
    for (const text of ['2 members are meant', 'Ada', 'Ben', 'Label 2 members']) expect(page.text).toContain(text);
    expect(page.text).not.toContain('Cleo');
    expect(await batches()).toEqual([]);
  });

  it('is all that match when they are asked for, whatever was ticked', async () => {
    const free = { patron_status: null, last_charge_status: null };
    const [a = 0] = await people([{}, {}, {}, free]);
    const page = readPage((await manager.postForm(BULK, pick([a], matching('kind=paying')))).text);
    expect(page.total).toBe(3);
    expect(page.text).toContain('Label 3 members');
    expect(page.html).not.toContain('name="ids"');
  });

  it.each([
    ['nobody', { action: 'add_label' }, 'Nobody is selected'],
    ['nobody that matches', matching('q=nobodyatall'), 'Nobody is selected'],
    ['people who are not there', pick([999_999]), 'Nobody is selected'],
    ['no number', { action: 'add_label', ids: ['x'] }, 'This selection cannot be read'],
    ['a wrong query', matching('kind=patron'), 'There is no such kind of membership'],
    ['another action', { action: 'erase', ids: ['1'] }, 'There is no such action'],
    ['a deletion of a label', { action: 'delete_label', ids: ['1'] }, 'There is no such action'],
    ['nothing at all', {}, 'There is no such action'],
  ])('is refused for %s, with the way back', async (_name, fields, message) => {
    const answer = await manager.postForm(BULK, fields as Fields);
    expect(answer.status).toBe(422);
    expect(readPage(answer.text).text).toContain(message);
    expect(answer.text).toContain('href="/patreon/members/');
  });

  it('is for managers and owners alone; coming back by GET leads to the list', async () => {
    const ids = await crowd(1);
    expect((await editor.postForm(BULK, pick(ids))).status).toBe(403);
    expect((await apply(pick(ids, { label: 'VIP' }), editor)).status).toBe(403);
    expect((await manager.get(BULK)).headers.location).toBe('/patreon/members/');
    expect(await labelled('VIP')).toEqual([]);
  });
});

describe('an action on members that were picked', () => {
  it('labels them, those who have the label already left as they are, and offers to take it back', async () => {
    const [a = 0, b = 0, c = 0] = await crowd(3);
    await owner.postForm(`/patreon/members/${a}/labels/`, { label: 'VIP' });
    const answer = await apply(pick([a, b], { label: 'vip', query: 'kind=paying' }));
    expect([answer.status, answer.headers.location]).toEqual([303, '/patreon/members/?kind=paying']);
    expect(await labelled('VIP')).toEqual([a, b]);
    const [batch] = await batches();
    expect(batch).toMatchObject({ state: 'succeeded', total: 2, done: 2, changed: 1, created_by: manager.staff.id });
    const actions = await knex()('member_actions').where('batch_id', batch.id);
    expect(actions.map(({ member_id, action }) => [member_id, action])).toEqual([[b, 'label.added']]);
    const page = readPage((await manager.get('/patreon/members/').expect(200)).text);
    expect(page.text).toContain('Label “VIP” added to 1 member.');
    expect(page.html).toContain(`action="${BATCHES}${batch.id}/undo/"`);
    expect(page.html).toContain(
      `<a href="/patreon/members/?label=${batch.arguments.label_id}">Show everybody with this label</a>`,
    );
    expect(await knex()('member_batch_members')).toEqual([]);
    expect(c).toBeGreaterThan(0);
  });

  it('forgets what was searched for once it is done', async () => {
    await people([{ full_name: 'Ada', email: 'ada@example.com' }, {}]);
    await apply(matching('q=ada@example.com', { label: 'VIP' }));
    await apply(matching('kind=paying', { label: 'VIP' }));
    const kept = await batches();
    expect(kept.map(({ changed }) => changed)).toEqual([1, 1]);
    expect(kept[0].query).toBeNull();
    expect(kept[1].query).toContain('kind=paying');
  });

  it('removes a label from them', async () => {
    const ids = await crowd(3);
    await apply(pick(ids, { label: 'VIP' }));
    const { id } = await knex()('labels').first('id');
    await apply(pick(ids.slice(0, 2), { action: 'remove_label', label_id: String(id) }));
    expect(await labelled('VIP')).toEqual(ids.slice(2));
  });

  it('writes a note on each, and keeps its text nowhere else', async () => {
    const ids = await crowd(2);
    await apply(pick(ids, { action: 'add_note', body: 'Met at the *fair*' }));
    const notes = await knex()('member_notes').orderBy('member_id');
    expect(notes.map(({ member_id, author_id, body }) => [member_id, author_id, body])).toEqual(
      ids.map((id) => [id, manager.staff.id, 'Met at the *fair*']),
    );
    const kept = JSON.stringify([await batches(), await knex()('member_actions'), await knex()('audit_entries')]);
    expect(kept).not.toContain('fair');
  });

  it('assigns a follow-up, in place of the one that was there, and leaves those that are equal', async () => {
    const ids = await crowd(2);
    const task = { action: 'assign_follow_up', owner_id: String(editor.staff.id), due_on: '2026-12-24', task: 'Write' };
    await apply(pick(ids.slice(0, 1), { ...task, task: 'Call' }));
    await apply(pick(ids, task));
    await apply(pick(ids, task));
    const rows = await knex()('member_follow_ups').orderBy('member_id');
    expect(rows.map(({ owner_id, task: what, set_by }) => [owner_id, what, set_by])).toEqual(
      ids.map(() => [editor.staff.id, 'Write', manager.staff.id]),
    );
    expect((await batches()).map(({ changed }) => changed)).toEqual([1, 2, 0]);
  });

  it('gives a follow-up only to those who look after members', async () => {
    const viewer = await app.createStaff('viewer');
    const fields = pick(await crowd(1), { action: 'assign_follow_up', owner_id: String(viewer.id) });
    expect(readPage((await manager.postForm(BULK, fields)).text).html).not.toContain(viewer.name);
    const answer = await apply(fields);
    expect([answer.status, await knex()('member_follow_ups')]).toEqual([422, []]);
  });

  it('is refused for a filter that is too long once it is written as an address', async () => {
    await crowd(1);
    const words = Array.from({ length: 13 }, (_, index) => `status=${'€'.repeat(90)}${index}`);
    const fields = matching([...words, 'status=active_patron'].join('&'), { label: 'VIP' });
    const answers = [await manager.postForm(BULK, fields), await apply(fields)];
    expect(answers.map(({ status }) => status)).toEqual([422, 422]);
    expect(readPage(answers[1]?.text ?? '').text).toContain('This filter is too long');
  });

  it.each([
    ['add_label', { label: '' }, 'A label has between 1 and 50 characters'],
    ['remove_label', { label_id: '999999' }, 'Choose a label'],
    ['add_note', { body: '  ' }, 'A note has between 1 and 10,000 characters'],
    ['assign_follow_up', { owner_id: '999999' }, 'Choose somebody who works here'],
    ['assign_follow_up', { owner_id: '1', due_on: '2026-02-30' }, 'This is no day'],
  ])('is refused with the form again when %s lacks what it needs', async (action, fields, message) => {
    const ids = await crowd(1);
    const answer = await apply(pick(ids, { action, ...fields } as Fields));
    expect(answer.status).toBe(422);
    const page = readPage(answer.text);
    expect(page.text).toContain(message);
    expect(page.values().ids).toBe(String(ids[0]));
    expect([await batches(), await knex()('labels')]).toEqual([[], []]);
  });

  it('is done once, however often the same confirmation is sent', async () => {
    const ids = await crowd(2);
    const fields = pick(ids, { action: 'add_note', body: 'Once', request_key: randomUUID() });
    const _csrf = await manager.csrf();
    const body = new URLSearchParams({
      _csrf,
      action: 'add_note',
      body: 'Once',
      request_key: fields.request_key as string,
    });
    for (const id of ids) body.append('ids', String(id));
    const send = () => manager.agent.post(`${BULK}apply/`).type('form').send(body.toString());
    const answers = await Promise.all([send(), send(), send()]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    await apply(fields);
    expect(await knex()('member_notes')).toHaveLength(2);
  });
});

describe('an action on more members than one request does', () => {
  it('is left to a job, and its page tells how far it came', async () => {
    const { ids, batch } = await queueLarge();
    expect(batch).toMatchObject({ state: 'queued', total: ids.length, done: 0 });
    expect(await waiting()).toEqual([{ name: 'member-batch', key: `member-batch:${batch.id}` }]);
    const open = await manager.get(`${BATCHES}${batch.id}/`).expect(200);
    expect(open.text).toContain('hx-trigger="load delay:1s"');
    expect(await runBatch(app.context, batch.id, neverStops)).toBe('succeeded');
    expect(await labelled('VIP')).toEqual(ids);
    const page = readPage((await manager.get(`${BATCHES}${batch.id}/`).expect(200)).text);
    expect(page.text).toContain('4,500 of 4,500');
    expect(page.html).not.toContain('hx-trigger="load');
    expect((await knex()('labels').first('members')).members).toBe(ids.length);
  });

  it('is taken up by a worker that finds it in the queue', async () => {
    const { ids, batch } = await queueLarge(1_001);
    const worker = await startWorker(app.context, jobCatalogue);
    try {
      while ((await knex()('job_runs').where({ name: 'member-batch' }).whereNotNull('finished_at')).length === 0)
        await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await worker.stop();
    }
    expect((await batches())[0]).toMatchObject({ id: batch.id, state: 'succeeded', changed: ids.length });
  });

  it('meets who matched when it began, though what it does changes what matches', async () => {
    const ids = await crowd(2_500);
    await apply(pick(ids.slice(0, 150), { label: 'Seen' }));
    const { id } = await knex()('labels').first('id');
    await apply(matching(`label_not=${id}`, { label: 'Seen' }));
    const [, batch] = await batches();
    await runBatch(app.context, batch.id, neverStops);
    expect((await batches())[1]).toMatchObject({ total: 2_350, done: 2_350, changed: 2_350 });
    expect(await labelled('Seen')).toEqual(ids);
  });

  it('goes on where it came to when its process dies, and every member is done once', async () => {
    const { ids, batch } = await queueLarge();
    let parts = 0;
    watchFailPoints((name) => {
      if (name !== 'bulk.part') return;
      parts += 1;
      if (parts === 2) throw new Error('the process dies here');
    });
    await expect(runBatch(app.context, batch.id, neverStops)).rejects.toThrow('dies here');
    watchFailPoints(() => undefined);
    expect((await batches())[0]).toMatchObject({ state: 'running', done: 2_000 });
    await knex()('member_batches').update({ heartbeat_at: knex().raw(`now() - interval '2 minutes'`) });
    await knex().raw('delete from graphile_worker._private_jobs');
    expect(await recoverBatches(app.context)).toEqual({ requeued: 1, failed: 0 });
    expect(await waiting()).toEqual([{ name: 'member-batch', key: `member-batch:${batch.id}` }]);
    await runBatch(app.context, batch.id, neverStops);
    expect(await labelled('VIP')).toEqual(ids);
    expect(await actionsOf(batch.id)).toBe(ids.length);
  });

  it('keeps nothing of what was typed once it is given up', async () => {
    await crowd(4_001);
    await apply(matching('q=Sunniva', { action: 'add_note', body: 'Owes us a reply' }));
    const [batch] = await batches();
    watchFailPoints((name) => {
      if (name === 'bulk.part') throw new Error('the process dies here');
    });
    await expect(runBatch(app.context, batch.id, neverStops)).rejects.toThrow('dies here');
    watchFailPoints(() => undefined);
    expect(await knex()('member_batch_members')).toHaveLength(4_001);
    await knex()('member_batches').update({ heartbeat_at: knex().raw(`now() - interval '25 hours'`) });
    expect(await recoverBatches(app.context)).toEqual({ requeued: 0, failed: 1 });
    expect(await batches()).toMatchObject([{ state: 'failed', failure: 'stalled', arguments: {}, query: null }]);
    expect(await knex()('member_batch_members')).toEqual([]);
  });

  it('does every member once when two workers take it up', async () => {
    const { ids, batch } = await queueLarge();
    await Promise.all([1, 2].map(() => runBatch(app.context, batch.id, neverStops)));
    expect((await batches())[0]).toMatchObject({ state: 'succeeded', done: ids.length, changed: ids.length });
    expect(await actionsOf(batch.id)).toBe(ids.length);
  });

  it('is stopped by whoever began it; what was done stays', async () => {
    const { batch } = await queueLarge();
    const stopping = new AbortController();
    watchFailPoints((name) => name === 'bulk.part' && stopping.abort());
    await runBatch(app.context, batch.id, stopping.signal);
    await knex()('member_batches').update({ last_id: 0 });
    watchFailPoints(() => undefined);
    expect((await manager.postForm(`${BATCHES}${batch.id}/cancel/`)).status).toBe(303);
    expect(await runBatch(app.context, batch.id, neverStops)).toBe('cancelled');
    expect((await batches())[0]).toMatchObject({ state: 'cancelled', done: 0 });
    expect(readPage((await manager.get(`${BATCHES}${batch.id}/`)).text).text).toContain('Cancelled');
  });

  it('stops when whoever began it may not any more, or its label is deleted', async () => {
    const { batch } = await queueLarge(1_001);
    await knex()('staff').where('id', manager.staff.id).update({ role: 'viewer' });
    expect(await runBatch(app.context, batch.id, neverStops)).toBe('failed');
    await knex()('staff').where('id', manager.staff.id).update({ role: 'manager' });
    expect(await labelled('VIP')).toEqual([]);
    await apply(matching('', { label: 'Gone' }));
    await knex()('labels').delete();
    const [, second] = await batches();
    expect(await runBatch(app.context, second.id, neverStops)).toBe('failed');
    expect((await batches()).map(({ failure }) => failure)).toEqual(['forbidden', 'label']);
    expect(readPage((await manager.get(`${BATCHES}${second.id}/`)).text).text).toContain('the label was deleted');
  });

  it('waits a night for a worker that was not there', async () => {
    const { ids, batch } = await queueLarge(1_001);
    await knex()('member_batches').update({ heartbeat_at: knex().raw(`now() - interval '9 hours'`) });
    expect(await recoverBatches(app.context)).toEqual({ requeued: 1, failed: 0 });
    await runBatch(app.context, batch.id, neverStops);
    expect(await labelled('VIP')).toEqual(ids);
  });

  it.each(['delete', 'merge'])(
    'does the same to a label once when it is asked several times at once: %s',
    async (verb) => {
      await apply(pick(await crowd(3), { label: 'Old' }));
      await apply(pick(await crowd(1), { label: 'New' }));
      const [old, other] = await knex()('labels').orderBy('id').pluck('id');
      const send = () => owner.postForm(`/patreon/members/labels/${old}/${verb}/`, { into: String(other) });
      const answers = await Promise.all([send(), send(), send()]);
      // Who comes after the deletion finds no such label.
      expect(answers.filter(({ status }) => status !== 303 && status !== 404)).toEqual([]);
      expect(await knex()('labels').select('name', 'members')).toEqual([
        { name: 'New', members: verb === 'merge' ? 4 : 1 },
      ]);
    },
  );

  it('merges and deletes large labels in the same way', async () => {
    const { ids, batch } = await queueLarge(1_200);
    await runBatch(app.context, batch.id, neverStops);
    await owner.postForm('/patreon/members/labels/', { label: 'Other' });
    const [vip, other] = await knex()('labels').orderBy('id').pluck('id');
    const answer = await owner.postForm(`/patreon/members/labels/${vip}/merge/`, { into: String(other) });
    const [, merge] = await batches();
    expect(answer.headers.location).toBe(`${BATCHES}${merge.id}/`);
    // Somebody is labelled while the job runs.
    const [late = 0] = await crowd(1);
    await runBatch(app.context, merge.id, neverStops);
    await owner.postForm(`/patreon/members/${late}/labels/`, { label: 'Other' });
    expect(await labelled('Other')).toEqual([...ids, late]);
    expect(await knex()('labels').pluck('name')).toEqual(['Other']);
  });
});

describe('undo', () => {
  const undo = async (id: number, visitor = manager) => visitor.postForm(`${BATCHES}${id}/undo/`);

  it('takes a label off exactly those whom the batch gave it, and nobody changed since', async () => {
    const [a = 0, b = 0, c = 0] = await crowd(3);
    await owner.postForm(`/patreon/members/${a}/labels/`, { label: 'VIP' });
    await apply(pick([a, b, c], { label: 'VIP' }));
    const [batch] = await batches();
    const { id } = await knex()('labels').first('id');
    // Somebody decides anew about c: that is theirs.
    await owner.postForm(`/patreon/members/${c}/labels/${id}/delete/`);
    await owner.postForm(`/patreon/members/${c}/labels/`, { label: 'VIP' });
    const answer = await undo(batch.id);
    expect(answer.headers.location).toBe(`${BATCHES}${batch.id}/`);
    expect(await labelled('VIP')).toEqual([a, c]);
    const page = readPage((await manager.get(answer.headers.location as string)).text);
    expect(page.text).toContain('Undone for 1 member.');
    expect(page.html).not.toContain('member-batch-undo');
  });

  it('puts a removed label back as it was: with who gave it, and when', async () => {
    const [a = 0, b = 0] = await crowd(2);
    await owner.postForm(`/patreon/members/${a}/labels/`, { label: 'VIP' });
    const before = await knex()('member_labels');
    const { id } = await knex()('labels').first('id');
    await apply(pick([a, b], { action: 'remove_label', label_id: String(id) }));
    expect(await knex()('member_labels')).toEqual([]);
    const [batch] = await batches();
    await undo(batch.id);
    expect(await knex()('member_labels')).toEqual(before);
  });

  it('happens once, however often it is asked for', async () => {
    const ids = await crowd(2);
    await apply(pick(ids, { label: 'VIP' }));
    const [batch] = await batches();
    await undo(batch.id);
    await owner.postForm(`/patreon/members/${ids[0]}/labels/`, { label: 'VIP' });
    await undo(batch.id);
    expect(await labelled('VIP')).toEqual(ids.slice(0, 1));
    expect(await batches()).toHaveLength(2);
  });

  it('of many members is a job of its own', async () => {
    const { ids, batch } = await queueLarge(2_100);
    await runBatch(app.context, batch.id, neverStops);
    const answer = await undo(batch.id);
    const [, reverting] = await batches();
    expect(answer.headers.location).toBe(`${BATCHES}${reverting.id}/`);
    await runBatch(app.context, reverting.id, neverStops);
    expect((await batches())[1]).toMatchObject({ state: 'succeeded', changed: ids.length, reverts: batch.id });
    expect(await labelled('VIP')).toEqual([]);
  });

  it('that was stopped half-way is begun again, and does the rest', async () => {
    const { ids, batch } = await queueLarge();
    await runBatch(app.context, batch.id, neverStops);
    await undo(batch.id);
    const [, first] = await batches();
    const stopping = new AbortController();
    let parts = 0;
    watchFailPoints((name) => {
      if (name === 'bulk.part') parts += 1;
      if (parts === 2) stopping.abort();
    });
    await runBatch(app.context, first.id, stopping.signal);
    watchFailPoints(() => undefined);
    await manager.postForm(`${BATCHES}${first.id}/cancel/`);
    expect(await runBatch(app.context, first.id, neverStops)).toBe('cancelled');
    const left = await labelled('VIP');
    expect(left).toHaveLength(2_500);
    // Somebody decides anew about a member that is undone already: that is theirs.
    const [undone = 0] = ids.filter((id) => !left.includes(id));
    expect(undone).toBeGreaterThan(0);
    const page = readPage((await manager.get(`${BATCHES}${batch.id}/`)).text);
    expect(page.text).toContain(`Undone in part by bulk action ${first.id}`);
    expect(page.text).toContain('Undo for 2,500 members');
    await owner.postForm(`/patreon/members/${undone}/labels/`, { label: 'VIP' });
    await Promise.all([undo(batch.id), undo(batch.id)]);
    const [, , second, ...more] = await batches();
    expect([second.total, more]).toEqual([2_500, []]);
    expect(await runBatch(app.context, second.id, neverStops)).toBe('succeeded');
    expect((await batches())[2]).toMatchObject({ done: 2_500, changed: 2_500, reverts: batch.id });
    expect(await labelled('VIP')).toEqual([undone]);
    expect((await manager.get(`${BATCHES}${batch.id}/`)).text).not.toContain('member-batch-undo');
  });

  it('is for whoever did it, and for owners', async () => {
    const other = await app.signInAs('manager');
    const ids = await crowd(1);
    await apply(pick(ids, { label: 'VIP' }));
    const [batch] = await batches();
    expect((await undo(batch.id, other)).status).toBe(403);
    expect(await labelled('VIP')).toEqual(ids);
    expect((await undo(batch.id, owner)).status).toBe(303);
    expect(await labelled('VIP')).toEqual([]);
  });

  it('ends after 30 days, and when the label is gone', async () => {
    const ids = await crowd(1);
    await apply(pick(ids, { label: 'VIP' }));
    const [batch] = await batches();
    await knex()('member_batches').update({ created_at: knex().raw(`now() - interval '31 days'`) });
    await undo(batch.id);
    expect(await labelled('VIP')).toEqual(ids);
    await knex()('member_batches').update({ created_at: knex().fn.now() });
    await knex()('labels').delete();
    await undo(batch.id);
    expect(readPage((await manager.get(`${BATCHES}${batch.id}/`)).text).text).toContain('cannot be undone any more');
    expect(await batches()).toHaveLength(1);
  });
});

describe(`GET ${BATCHES}`, () => {
  it('lists what was done, newest first', async () => {
    const ids = await crowd(2);
    await apply(pick(ids, { label: 'VIP' }));
    await apply(pick(ids, { action: 'add_note', body: 'Hello' }));
    const page = readPage((await manager.get(BATCHES).expect(200)).text);
    expect(page.rows('batches').map(({ text }) => text.slice(0, 16))).toEqual(['Add a note Succe', 'Add a label: VIP']);
  });

  it('says what it is for while there is none, and answers 404 for a batch that is not there', async () => {
    expect(readPage((await manager.get(BATCHES).expect(200)).text).text).toContain('No bulk actions yet');
    await manager.get(`${BATCHES}999999/`).expect(404);
  });
});
