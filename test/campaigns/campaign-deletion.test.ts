import { recoverDeletions, removeCampaignRows } from '../../src/apps/campaigns/campaign-deletion.service';
import { campaignsJobs } from '../../src/apps/campaigns/campaigns.jobs';
import { runJob } from '../../src/jobs/run-job';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import {
  deleteCampaigns,
  insertBenefits,
  insertCampaign,
  insertPosts,
  insertTiers,
} from '../support/campaign-factories';
import { insertMembers } from '../support/factories';
import { readPage } from '../support/page';

const signal = new AbortController().signal;

describe('deleting a campaign here', () => {
  let app: TestApp;
  let owner: SignedInVisitor;
  let id: number;
  let kept: number;

  const knex = (table: string) => app.context.knex(table);
  const address = () => `/patreon/campaigns/${id}/delete/`;
  const queued = async () => (await app.context.knex.raw('select key from graphile_worker.jobs')).rows;
  const ignored = () => knex('ignored_campaigns').select('patreon_id', 'campaign_id', 'name', 'deleted_at');

  beforeAll(async () => {
    app = await startTestApp();
    owner = await app.signInAs('owner');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    id = await insertCampaign(app.context.knex, { patreon_id: '9001', name: 'Quill & Co' });
    kept = await insertCampaign(app.context.knex, { name: 'Other' });
    await insertTiers(app.context.knex, id, [{}, {}]);
    await insertBenefits(app.context.knex, id, [{}]);
    await insertPosts(app.context.knex, id, [{}, {}, {}]);
    const [first] = await insertMembers(app.context.knex, id, [{}, {}, { gone_at: '2026-01-01' }, {}]);
    await insertMembers(app.context.knex, kept, [{}, {}]);
    await knex('member_notes').insert([{ member_id: first, body: 'One' }]);
    const [label] = await knex('labels').insert({ name: 'Founder' }).returning('id');
    await knex('member_labels').insert({ member_id: first, label_id: label.id });
  });
  afterEach(async () => {
    await knex('ignored_campaigns').delete();
    await deleteCampaigns(app.context.knex);
    await knex('labels').delete();
    await app.context.knex.raw('delete from graphile_worker._private_jobs');
    await knex('sync_runs').delete();
  });

  it('says first what would be removed, and what stays', async () => {
    const { html, text } = readPage((await owner.get(address()).expect(200)).text);
    const counts = Object.fromEntries(
      [...html.matchAll(/data-contents="(\w+)" data-value="(\d+)"/g)].map(([, part, count]) => [part, Number(count)]),
    );
    expect(counts).toMatchObject({ members: 4, posts: 3, tiers: 2, benefits: 1, notes: 1, labels: 1, follow_ups: 0 });
    expect(text).toContain('Everything on Patreon');
    expect(text).toContain('Type Quill & Co to show that you mean it.');
  });

  it.each(['', 'Quill', 'quill & co'])('asks for the name: %j is not it, and nothing happens', async (confirm) => {
    const answer = await owner.postForm(address(), { confirm });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('This is not the name of the campaign.');
    expect(await ignored()).toEqual([]);
    expect(await queued()).toEqual([]);
  });

  it('puts it out of sight at once, ignores it, and leaves the rows to a job', async () => {
    const answer = await owner.postForm(address(), { confirm: 'Quill & Co' });
    expect([answer.status, answer.headers.location]).toEqual([303, '/patreon/campaigns/']);
    const page = readPage((await owner.get('/patreon/campaigns/')).text);
    expect(page.rows('campaigns').map((row) => Number(row.id))).toEqual([kept]);
    expect(page.text).toContain('Still being removed');
    expect(await queued()).toEqual([{ key: `delete-campaign:${id}` }]);
    const entry = await knex('audit_entries').where({ action: 'campaign.deleted' }).first();
    expect([entry.subject_id, entry.staff_id, entry.details]).toEqual([
      String(id),
      owner.staff.id,
      { patreon_id: '9001' },
    ]);
  });

  it('takes its members out of lists, counts, search and figures at once', async () => {
    const [tier] = await insertTiers(app.context.knex, id, [{ patreon_id: '71' }]);
    await insertMembers(app.context.knex, id, [{ full_name: 'Zelda Quill', currently_entitled_tiers: ['71'] }]);
    const [other] = await insertMembers(app.context.knex, kept, [{ full_name: 'Zelda Sato' }]);
    const read = async (query: string) => {
      const page = readPage((await owner.get(`/patreon/members/?${query}`).expect(200)).text);
      return [page.total, page.total === 0 ? 0 : page.rows('members').length];
    };
    const found = async () => (await owner.get('/search/?q=zelda').expect(200)).text;
    expect([await read(''), await read('q=zelda'), await read('gone=1')]).toEqual([
      [7, 7],
      [2, 2],
      [1, 1],
    ]);
    expect(await found()).toContain('Zelda Quill');
    await owner.postForm(address(), { confirm: 'Quill & Co' });
    expect(await knex('patreon_members').where({ campaign_id: id })).toHaveLength(5);
    expect([await read(''), await read('q=zelda'), await read('q=z&sort=name')]).toEqual([
      [3, 3],
      [1, 1],
      [1, 1],
    ]);
    for (const empty of ['gone=1', `tier=${tier}`, 'q=quill'])
      expect([empty, ...(await read(empty))]).toEqual([empty, 0, 0]);
    expect(await found()).not.toContain('Zelda Quill');
    expect(await found()).toContain(`/patreon/members/${other}/`);
    const figures = await knex('patreon_member_counts').sum({ members: 'members' }).first();
    expect(Number(figures?.members)).toBe(3);
  });

  it('is done and told once, however often the form is sent', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => owner.postForm(address(), { confirm: 'Quill & Co' })));
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    const told = knex('audit_entries').where({ action: 'campaign.deleted', subject_id: String(id) });
    expect(await told).toHaveLength(1);
    expect(await queued()).toHaveLength(1);
  });

  it('removes what belongs to it and nothing else', async () => {
    await owner.postForm(address(), { confirm: 'Quill & Co' });
    const job = campaignsJobs.find(({ name }) => name === 'delete-campaign');
    if (!job) throw new Error('There is no such job');
    const run = { trigger: 'job', attempt: 1, signal } as const;
    expect(await runJob(app.context, job, { campaign_id: id }, run)).toMatchObject({ members: 4, done: true });
    for (const table of ['patreon_members', 'patreon_posts', 'patreon_tiers', 'patreon_benefits', 'patreon_changes']) {
      expect([table, await knex(table).where({ campaign_id: id }).first()]).toEqual([table, undefined]);
    }
    expect(await knex('member_notes').first()).toBeUndefined();
    expect(await knex('patreon_members').where({ campaign_id: kept })).toHaveLength(2);
    expect(await ignored()).toEqual([
      { patreon_id: '9001', campaign_id: id, name: 'Quill & Co', deleted_at: expect.anything() },
    ]);
    expect(await runJob(app.context, job, { campaign_id: id }, run)).toMatchObject({ members: 0, done: true });
  });

  it('goes on after it was stopped', async () => {
    await owner.postForm(address(), { confirm: 'Quill & Co' });
    const stopped = await removeCampaignRows(app.context, id, AbortSignal.abort());
    expect(stopped).toEqual({ members: 0, isDone: false });
    await app.context.knex.raw('delete from graphile_worker._private_jobs');
    expect(await recoverDeletions(app.context)).toBe(1);
    expect(await queued()).toEqual([{ key: `delete-campaign:${id}` }]);
    expect(await removeCampaignRows(app.context, id, signal)).toEqual({ members: 4, isDone: true });
    expect(await recoverDeletions(app.context)).toBe(0);
  });

  it('waits for a sync that is reading it', async () => {
    const [credential] = await knex('patreon_credentials')
      .insert({ client_id: 'c', campaign_name: 'x', redirect_uri: 'http://localhost/' })
      .returning('id');
    await knex('patreon_campaigns').where({ id }).update({ credential_id: credential.id });
    const [run] = await knex('sync_runs')
      .insert({ trigger: 'panel', resources: ['members'] })
      .returning('id');
    await knex('sync_locks').insert({ credential_id: credential.id, run_id: run.id });
    const answer = await owner.postForm(address(), { confirm: 'Quill & Co' });
    expect([answer.status, await ignored()]).toEqual([422, []]);
    expect(readPage(answer.text).text).toContain('Wait until it has ended');
  });

  describe('and un-ignoring it', () => {
    const unignore = () => owner.postForm('/patreon/campaigns/ignored/9001/delete/');

    it('waits until its rows are removed', async () => {
      await owner.postForm(address(), { confirm: 'Quill & Co' });
      expect((await unignore()).status).toBe(409);
      await removeCampaignRows(app.context, id, signal);
      expect((await unignore()).status).toBe(303);
      expect(await ignored()).toEqual([]);
      expect(await insertCampaign(app.context.knex, { patreon_id: '9001' })).toBeGreaterThan(id);
    });

    it('finds nothing where nothing is ignored', async () => {
      expect((await unignore()).status).toBe(404);
      expect((await owner.postForm('/patreon/campaigns/ignored/%F0%9F/delete/')).status).toBe(400);
    });
  });

  it('is for owners', async () => {
    const manager = await app.signInAs('manager');
    await manager.get(address()).expect(403);
    expect((await manager.postForm(address(), { confirm: 'Quill & Co' })).status).toBe(403);
    expect((await manager.postForm('/patreon/campaigns/ignored/9001/delete/')).status).toBe(403);
    expect((await manager.get(`/patreon/campaigns/${id}/edit/`)).text).not.toContain('/delete/');
  });
});
