import { type AuditRecord, recordAudit } from '../../src/apps/accounts/audit.service';
import { ACTIONS, auditSentence } from '../../src/apps/accounts/audit-sentences';
import { LOCALES } from '../../src/i18n';
import { catalogue } from '../../src/messages';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { readPage } from '../support/page';
import { sourceFiles } from '../support/source-files';

const LOG = '/admin/audit/';

let panel: TestApp;
let owner: SignedInVisitor;
beforeAll(async () => {
  panel = await startTestApp();
  owner = await panel.signInAs('owner');
});
afterAll(async () => {
  await panel.close();
});
beforeEach(async () => {
  const { knex } = panel.context;
  await knex.raw('alter table audit_entries disable trigger audit_entries_append_only');
  await knex('audit_entries').delete();
  await knex.raw('alter table audit_entries enable trigger audit_entries_append_only');
});

const read = async (query = '') => readPage((await owner.get(LOG + query).expect(200)).text);
const record = (entry: Partial<AuditRecord>) =>
  recordAudit(panel.context, { actor: 'system', action: 'sync_run.applied', ...entry });
/** Entries of a past moment, written as they would have been then. */
const insertAt = (at: string, action: string) =>
  panel.context.knex('audit_entries').insert({ at, actor: 'system', action });
const actions = (page: Awaited<ReturnType<typeof read>>) =>
  page.rows('audit').map(({ attributes }) => attributes['data-action']);

describe('GET /admin/audit/', () => {
  it('tells newest first, in words, who did what to what', async () => {
    const { staff } = owner;
    await record({
      action: 'member.address_revealed',
      subject: { type: 'member', id: 7 },
      actor: `staff:${staff.id}`,
      staffId: staff.id,
      details: { reason: 'A <b>parcel</b>' },
    });
    await record({
      action: 'staff.role_changed',
      subject: { type: 'staff', id: staff.id },
      details: { role: 'viewer' },
      actor: 'cli:deploy',
    });
    const rows = (await read()).rows('audit');
    expect(rows.map(({ text }) => text)).toEqual([
      expect.stringMatching(new RegExp(`Command line \\(deploy\\) Changed a role to Viewer Staff ${staff.name}$`)),
      expect.stringMatching(new RegExp(`${staff.name} Looked at a postal address Reason: A <b>parcel</b> Member 7$`)),
    ]);
    expect(rows[0]?.html).toContain('href="/admin/staff/"');
    expect(rows[1]?.html).toContain('href="/patreon/members/7/"');
    expect(rows[1]?.html).not.toContain('<b>parcel');
  });

  it('names labels and fields as people do, and leads to the list that a file was made of', async () => {
    await owner.postForm('/patreon/members/labels/', { label: 'Press' });
    await record({
      action: 'campaign.changed',
      subject: { type: 'campaign', id: 4 },
      details: { fields: ['local_name', 'time_zone'] },
    });
    const columns = ['full_name', 'next_charge_date', 'field_12'];
    await record({ action: 'export.started', details: { format: 'csv', columns, query: 'label=3&kind=paying' } });
    const [file, changed, label] = (await read()).rows('audit');
    expect(label?.text).toMatch(/Made a label Label Press$/);
    expect(changed?.text).toContain('Fields: Name in this panel, Time zone');
    expect(file?.text).toContain('Columns: Name, Next charge, field_12');
    expect(file?.html).toContain('href="/patreon/members/?label=3&amp;kind=paying"');
  });

  it('leads nowhere from a file of what was searched for, which the log does not keep', async () => {
    await record({
      action: 'export.started',
      details: { format: 'csv', columns: [], query: 'kind=paying&q=%E2%80%A6' },
    });
    const [file] = (await read()).rows('audit');
    expect(file?.text).toContain('Filter: kind=paying');
    expect(file?.html).not.toContain('href="/patreon/members/?');
  });

  it('says what was done to several drafts at once in the words of its form', async () => {
    await record({ action: 'draft_batch.applied', details: { action: 'shift', total: 3, ids: [1, 2, 3] } });
    const [batch] = (await read()).rows('audit');
    expect(batch?.text).toContain('Worked on 3 drafts at once (Move by some days)');
  });

  it('tells an action that has no words by its name', async () => {
    await record({ action: 'comet.seen', subject: { type: 'comet', id: 'C-2026' } });
    const [row] = (await read()).rows('audit');
    expect(row?.text).toMatch(/Patrondesk itself comet\.seen comet C-2026$/);
    expect(row?.html).not.toContain('href');
  });

  it('narrows by what it is about, by whom, by row and by day, and says so in its links', async () => {
    const other = await panel.createStaff('manager');
    await insertAt('2026-03-01T23:59:59.999Z', 'staff.created');
    await insertAt('2026-03-02T00:00:00Z', 'staff.disabled');
    await insertAt('2026-03-02T23:59:59Z', 'staff_like.thing');
    await record({ action: 'sign_out', staffId: other.id, actor: `staff:${other.id}` });
    await record({ action: 'member.refreshed', subject: { type: 'member', id: 5 } });
    await record({ action: 'post.refreshed', subject: { type: 'post', id: 5 } });
    expect(actions(await read('?group=staff'))).toEqual(['staff.disabled', 'staff.created']);
    expect(actions(await read(`?staff=${other.id}`))).toEqual(['sign_out']);
    expect(actions(await read('?subject_type=member&subject_id=5'))).toEqual(['member.refreshed']);
    expect(actions(await read('?subject_type=post'))).toEqual(['post.refreshed']);
    expect(actions(await read('?from=2026-03-02&to=2026-03-02'))).toEqual(['staff_like.thing', 'staff.disabled']);
    expect(actions(await read('?to=2026-03-01'))).toEqual(['staff.created']);
    const page = await read('?group=staff&to=2026-03-02');
    expect([page.total, page.values()]).toEqual([2, expect.objectContaining({ group: 'staff', to: '2026-03-02' })]);
    expect(page.html).toContain('href="/admin/audit/export/?group=staff&amp;to=2026-03-02"');
    expect((await read('?group=credential')).text).toContain('No such entry');
  });

  it('pages through everything without losing or repeating an entry of the same moment', async () => {
    await panel.context.knex('audit_entries').insert(
      Array.from({ length: 123 }, (_, i) => ({
        at: i < 100 ? '2026-03-02T00:00:00Z' : '2026-03-03T00:00:00Z',
        actor: 'system',
        action: 'staff.created',
      })),
    );
    const seen: string[] = [];
    let address: string | undefined = `${LOG}?group=staff`;
    while (address) {
      const page = readPage((await owner.get(address).expect(200)).text);
      seen.push(...page.rows('audit').map(({ id }) => id));
      address = page.link('next');
    }
    expect(seen.map(Number)).toEqual([...seen].map(Number).sort((a, b) => b - a));
    expect(new Set(seen).size).toBe(123);
  });

  it.each([
    'group=%27',
    'group=staff&group=post',
    'staff=me',
    'staff=99999999999',
    'subject_id=5',
    'subject_type=member&subject_id=%00',
    'from=2026-02-30',
    'to=yesterday',
    'sort=actor',
    'after=x',
  ])('answers %s with what is wrong and the way out', async (query) => {
    const answer = await owner.get(`${LOG}?${query}`).expect(400);
    expect(answer.text).toContain(`href="${LOG}"`);
    await owner.get(`${LOG}export/?${query}`).expect(400);
  });

  it('answers htmx with the list alone, and speaks French', async () => {
    await record({ action: 'export.cancelled', details: { rows: 12 } });
    const fragment = await owner.get(LOG, { 'HX-Request': 'true' }).expect(200);
    expect(fragment.text.trimStart()).toMatch(/^<section [^>]*id="audit-list"/);
    await panel.context.knex('staff').where({ id: owner.staff.id }).update({ locale: 'fr' });
    expect((await read()).text).toContain('A arrêté un export après 12 membres');
    await panel.context.knex('staff').where({ id: owner.staff.id }).update({ locale: 'en' });
  });

  it('is for owners alone, and so are its file and the page above it', async () => {
    const manager = await panel.signInAs('manager');
    for (const address of [LOG, `${LOG}export/`, '/admin/']) expect((await manager.get(address)).status).toBe(403);
  });
});

describe('GET /admin/audit/export/', () => {
  it('is a CSV of the entries that match, newest first; and taking it is an entry', async () => {
    await record({
      action: 'staff.created',
      details: { role: 'viewer' },
      actor: `staff:${owner.staff.id}`,
      staffId: owner.staff.id,
    });
    await record({ action: 'staff.disabled', actor: '=cmd', requestId: 'r-1' });
    await record({ action: 'post.refreshed' });
    const { text, headers } = await owner.get(`${LOG}export/?group=staff`).expect(200);
    expect(headers['content-disposition']).toMatch(/^attachment; filename="?audit-\d{4}-\d\d-\d\d\.csv"?$/);
    const [head, ...lines] = text.trimEnd().split('\r\n');
    expect(head).toBe('\ufeff"id","at","actor","name","action","subject_type","subject_id","details","request_id"');
    expect(lines).toEqual([
      expect.stringMatching(/^"\d+","[^"]+","'=cmd",,"staff\.disabled",,,"\{\}","r-1"$/),
      expect.stringContaining(
        `"staff:${owner.staff.id}","${owner.staff.name}","staff.created",,,"{""role"":""viewer""}"`,
      ),
    ]);
    const [entry] = await panel.context.knex('audit_entries').where({ action: 'audit.exported' });
    expect(entry).toMatchObject({ staff_id: owner.staff.id, details: { group: 'staff' } });
  });

  it('is one at a time, and not begun by a link on another site', async () => {
    const { knex } = panel.context;
    const answer = await owner.get(`${LOG}export/`, { 'Sec-Fetch-Site': 'cross-site' }).expect(200);
    expect(answer.headers['content-type']).toMatch(/^text\/html/);
    await knex.transaction(async (trx) => {
      await trx.raw('select pg_advisory_xact_lock(7282614)');
      const refused = await owner.get(`${LOG}export/`).expect(409);
      expect(readPage(refused.text).text).toContain('being exported already');
    });
    expect(await knex('audit_entries').where({ action: 'audit.exported' })).toEqual([]);
    await owner.get(`${LOG}export/`).expect(200);
  });
});

describe('the sentences of the log', () => {
  /** Actions as the services name them, apart from those of `member_actions` and the ones put together from parts. */
  const written = sourceFiles('src/apps', '.ts').flatMap(({ text }) =>
    [...text.matchAll(/recordAudit\([^;]*?action: '([a-z_]+(?:\.[a-z_]+)?)'/g)].map(([, action]) => action as string),
  );

  it('exist for every action that the services write', () => {
    expect(written.length).toBeGreaterThan(15);
    expect([...new Set(written)].filter((action) => !(ACTIONS as readonly string[]).includes(action))).toEqual([]);
  });

  it.each(LOCALES)('leave no gap open in %s', (locale) => {
    const t = catalogue.translator(locale);
    const details = { by: 'link', role: 'owner', method: 'GET', path: '/', outcome: 'renewed', rows: 1, format: 'csv' };
    const texts = ACTIONS.flatMap((action) => [
      auditSentence(t, { action, details }),
      auditSentence(t, { action, details: {} }),
    ]);
    const open = texts.filter((text) => /\{\{|(sentence|by|outcome)\./.test(text));
    expect(open).toEqual([]);
  });
});

describe('GET /admin/', () => {
  it('leads to everything that owners look after', async () => {
    const { text } = await owner.get('/admin/').expect(200);
    for (const href of ['/admin/patreon/patreoncredential/', '/admin/staff/', LOG])
      expect(text).toContain(`href="${href}"`);
  });
});
