import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { readPage } from '../support/page';

const HOUR = 3_600_000;
let now = new Date();
const clock = { now: () => now };

let panel: TestApp;
let beside: TestApp;
beforeAll(async () => {
  panel = await startTestApp({ clock });
  beside = await startTestApp({ clock, databaseUrl: panel.databaseUrl });
});
afterAll(async () => {
  await beside.close();
  await panel.close();
});
beforeEach(() => {
  now = new Date();
});

/** The same cookie at the other process. */
async function besideStatus(browser: SignedInVisitor, path = '/account/'): Promise<number> {
  const cookie = browser.agent.jar.getCookie('sid', { domain: '127.0.0.1', path: '/', secure: false, script: false });
  return (await beside.visitor().get(path, { Cookie: `sid=${cookie?.value}` })).status;
}

describe('a session', () => {
  it('ends 12 hours after signing in, however busy it was', async () => {
    const browser = await panel.signInAs('viewer');
    now = new Date(now.getTime() + 12 * HOUR - 60_000);
    expect((await browser.get('/account/')).status).toBe(200);
    now = new Date(now.getTime() + 120_000);
    expect((await browser.get('/account/')).status).toBe(303);
    expect(await besideStatus(browser)).toBe(303);
  });

  it('ends after 30 minutes without use, and each use begins them anew', async () => {
    const browser = await panel.signInAs('viewer');
    const expiry = async () => {
      const row = await panel.context
        .knex('sessions')
        .whereRaw(`sess ->> 'staffId' = ?`, [String(browser.staff.id)])
        .first();
      return new Date(row.sess.cookie.expires).getTime();
    };
    const first = await expiry();
    expect(first - Date.now()).toBeGreaterThan(29 * 60_000);
    expect(first - Date.now()).toBeLessThanOrEqual(30 * 60_000);
    await browser.get('/account/');
    expect(await expiry()).toBeGreaterThan(first);
    await panel.context.knex('sessions').update({ expire: new Date(0) });
    expect((await browser.get('/account/')).status).toBe(303);
  });

  it('ends at once in every process when the person is disabled', async () => {
    const browser = await panel.signInAs('viewer');
    const owner = await panel.signInAs('owner');
    expect(await besideStatus(browser)).toBe(200);
    expect((await owner.postForm(`/admin/staff/${browser.staff.id}/disable/`)).status).toBe(303);
    expect(await besideStatus(browser)).toBe(303);
    expect((await browser.get('/account/')).status).toBe(303);
    await owner.postForm(`/admin/staff/${browser.staff.id}/enable/`);
    expect((await browser.get('/account/')).status).toBe(303);
    expect((await panel.visitor().signIn(browser.staff.email)).status).toBe(303);
  });

  it('ends at once when the role changes, and the new role counts from the next sign-in', async () => {
    const browser = await panel.signInAs('owner');
    const owner = await panel.signInAs('owner');
    expect((await browser.get('/admin/staff/')).status).toBe(200);
    await owner.postForm(`/admin/staff/${browser.staff.id}/role/`, { role: 'viewer' });
    expect((await browser.get('/admin/staff/')).status).toBe(303);
    await browser.signIn(browser.staff.email);
    expect((await browser.get('/admin/staff/')).status).toBe(403);
  });

  it('takes a role from the database on each request, also when it was changed there by hand', async () => {
    const browser = await panel.signInAs('owner');
    await panel.context.knex('staff').where({ id: browser.staff.id }).update({ role: 'editor' });
    expect((await browser.get('/admin/staff/')).status).toBe(403);
  });

  it('of a person who is no more opens nothing', async () => {
    const browser = await panel.signInAs('viewer');
    await panel.context.knex('staff').where({ id: browser.staff.id }).delete();
    expect((await browser.get('/account/')).status).toBe(303);
  });

  it('can be ended everywhere else from the account page', async () => {
    const here = await panel.signInAs('viewer');
    const there = panel.visitor();
    await there.postForm(
      '/login/',
      { email: here.staff.email, password: 'seven unrelated teapots' },
      { 'User-Agent': 'Firefox/140 (Linux)' },
    );
    const page = readPage((await here.get('/account/')).text);
    expect(page.text).toContain('This session');
    expect(page.text).toContain('Firefox, Linux');
    expect((await here.postForm('/account/sessions/end/')).status).toBe(303);
    expect((await there.get('/account/')).status).toBe(303);
    expect((await here.get('/account/')).status).toBe(200);
    expect(await besideStatus(here)).toBe(200);
  });
});
