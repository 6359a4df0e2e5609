import { Staff } from '../../src/apps/accounts/staff.model';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { readPage } from '../support/page';

let panel: TestApp;
let owner: SignedInVisitor;
beforeAll(async () => {
  panel = await startTestApp();
});
afterAll(async () => {
  await panel.close();
});
beforeEach(async () => {
  await panel.context.knex('staff').delete();
  owner = await panel.signInAs('owner');
});

const find = (id: number) => Staff.findById(id, panel.context.knex);
const linkOn = (html: string) =>
  /http:\/\/[^\s"<]+\/login\/link\/[^\s"<]+/.exec(html)?.[0].replaceAll('&amp;', '&') ?? '';

describe('/admin/staff/', () => {
  it('lists everybody with role, state and last sign-in', async () => {
    const viewer = await panel.createStaff('viewer');
    const page = readPage((await owner.get('/admin/staff/')).text);
    expect(page.total).toBe(2);
    const rows = page.rows('staff');
    expect(rows.map((r) => [r.id, r.attributes['data-role'], r.attributes['data-state']])).toEqual([
      [String(owner.staff.id), 'owner', 'active'],
      [String(viewer.id), 'viewer', 'active'],
    ]);
    expect(rows[1]?.text).toContain(viewer.email);
    expect(rows[1]?.text).toContain('Never');
  });

  it('adds somebody and shows once the link that signs them in to choose a password', async () => {
    const answer = await owner.postForm('/admin/staff/', {
      name: 'Grace',
      email: 'Grace@Example.org',
      role: 'editor',
      password_hash: 'x',
    });
    expect(answer.status).toBe(201);
    const link = linkOn(answer.text);
    expect(link).toContain(`${panel.url}/login/link/?token=`);
    const grace = panel.visitor();
    const opened = await grace.get(link.slice(panel.url.length));
    expect(opened.headers.location).toBe('/account/');
    const account = readPage((await grace.get('/account/')).text);
    expect(account.text).toContain('have no password yet');
    expect((await grace.postForm('/account/password/', { new_password: 'nine curious lanterns' })).status).toBe(303);
    expect((await panel.visitor().signIn('grace@example.org', 'nine curious lanterns')).status).toBe(303);
    expect((await owner.get('/admin/staff/')).text).not.toContain('/login/link/');
  });

  it('refuses an e-mail that somebody has, and shows the form with what was typed', async () => {
    const answer = await owner.postForm('/admin/staff/', {
      name: 'Twin',
      email: owner.staff.email.toUpperCase(),
      role: 'owner',
    });
    expect(answer.status).toBe(422);
    const page = readPage(answer.text);
    expect(page.text).toContain('is here already');
    expect(page.values()).toMatchObject({ name: 'Twin' });
    expect(await panel.context.knex('staff')).toHaveLength(1);
  });

  it.each([
    [{ name: '', email: 'a@example.org', role: 'viewer' }, 'Give a name'],
    [{ name: 'A', email: 'a@', role: 'viewer' }, 'Give an e-mail'],
    [{ name: 'A', email: 'a@example.org', role: 'emperor' }, 'Choose one of the roles'],
    [{ name: 'A', email: 'a@example.org' }, 'Choose one of the roles'],
    [{ name: 'A\u0000', email: 'a@example.org', role: 'viewer' }, 'cannot be stored'],
    [{ name: ['A', 'B'], email: ['a@example.org', 'b@example.org'], role: ['viewer', 'owner'] }, ''],
  ])('refuses %j', async (fields, message) => {
    const answer = await owner.postForm('/admin/staff/', fields as Record<string, string | string[]>);
    expect([422, 201]).toContain(answer.status);
    if (message) {
      expect(answer.status).toBe(422);
      expect(readPage(answer.text).text).toContain(message);
    }
  });

  it('changes a role and writes down who did it', async () => {
    const viewer = await panel.createStaff('viewer');
    const answer = await owner.postForm(`/admin/staff/${viewer.id}/role/`, { role: 'manager' });
    expect(answer.status).toBe(303);
    expect((await find(viewer.id))?.role).toBe('manager');
    const entry = await panel.context
      .knex('audit_entries')
      .where({ action: 'staff.role_changed', subject_id: String(viewer.id) })
      .first();
    expect(entry).toMatchObject({
      actor: `staff:${owner.staff.id}`,
      staff_id: owner.staff.id,
      details: { role: 'manager' },
    });
    expect(readPage((await owner.get('/admin/staff/')).text).text).toContain(`The role of ${viewer.name} was changed`);
  });

  it('keeps the last owner who can sign in', async () => {
    const disabled = await panel.createStaff('owner');
    await owner.postForm(`/admin/staff/${disabled.id}/disable/`);
    const { id } = owner.staff;
    for (const [path, fields] of [
      ['disable', {}],
      ['role', { role: 'manager' }],
    ] as const) {
      const answer = await owner.postForm(`/admin/staff/${id}/${path}/`, fields);
      expect(answer.status).toBe(422);
      expect(readPage(answer.text).text).toContain('last owner');
    }
    expect(await find(id)).toMatchObject({ role: 'owner', disabled_at: null });
  });

  it('keeps one of two owners who give up the role at the same moment', async () => {
    for (let round = 0; round < 3; round += 1) {
      await panel.context.knex('staff').delete();
      const [one, two] = [await panel.signInAs('owner'), await panel.signInAs('owner')];
      await Promise.all([
        one.postForm(`/admin/staff/${two.staff.id}/role/`, { role: 'viewer' }),
        two.postForm(`/admin/staff/${one.staff.id}/disable/`),
      ]);
      const left = await panel.context.knex('staff').where({ role: 'owner' }).whereNull('disabled_at');
      expect(left.length).toBeGreaterThanOrEqual(1);
    }
  });

  it('takes the old password away when a new sign-in link is made', async () => {
    const viewer = await panel.signInAs('viewer');
    const answer = await owner.postForm(`/admin/staff/${viewer.staff.id}/reset/`);
    expect(answer.status).toBe(200);
    expect((await viewer.get('/account/')).status).toBe(303);
    expect((await panel.visitor().signIn(viewer.staff.email)).status).toBe(422);
    expect((await panel.visitor().get(linkOn(answer.text).slice(panel.url.length))).status).toBe(303);
  });

  it('answers 404 for a person who is not there, whatever the id looks like', async () => {
    for (const id of ['999999', '0', '-1', '1e3', 'x', '999999999999999', '99999999999999999999']) {
      expect((await owner.postForm(`/admin/staff/${id}/disable/`)).status).toBe(404);
    }
  });

  it('writes no e-mail and no name into the audit log', async () => {
    await owner.postForm('/admin/staff/', { name: 'Grace Hopper', email: 'grace@example.org', role: 'editor' });
    const entries = JSON.stringify(await panel.context.knex('audit_entries'));
    expect(entries).toContain('staff.created');
    expect(entries).not.toMatch(/grace|hopper|staff\.test/i);
  });
});
