import { ensureSetupLink } from '../../src/apps/accounts/setup.service';
import { startTestApp, type TestApp } from '../support/app';
import { readPage } from '../support/page';

let panel: TestApp;
beforeAll(async () => {
  panel = await startTestApp();
});
afterAll(async () => {
  await panel.close();
});
beforeEach(async () => {
  await panel.context.knex('staff').delete();
  await panel.context.knex('sign_in_links').delete();
});

const OWNER = { name: 'Ada', email: 'Ada@Example.org', password: 'seven unrelated teapots' };
const staffCount = async () => (await panel.context.knex('staff')).length;

async function setupLink(): Promise<{ path: string; token: string }> {
  const link = new URL((await ensureSetupLink(panel.context)) as string);
  return { path: link.pathname + link.search, token: link.searchParams.get('token') as string };
}

describe('/setup/', () => {
  it('makes the first owner, signs them in, and is closed from then on', async () => {
    const { path, token } = await setupLink();
    const browser = panel.visitor();
    const page = readPage((await browser.get(path)).text);
    expect(page.values().token).toBe(token);
    const answer = await browser.postForm('/setup/', { ...OWNER, token });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/patreon/');
    expect((await browser.get('/admin/staff/')).status).toBe(200);
    const [owner] = await panel.context.knex('staff');
    expect(owner).toMatchObject({ name: 'Ada', email: 'ada@example.org', role: 'owner' });
    const again = await panel.visitor().get(path);
    expect(again.status).toBe(404);
    expect(readPage(again.text).text).toContain('set up already');
    expect(await ensureSetupLink(panel.context)).toBeNull();
    const actions = (await panel.context.knex('audit_entries').where({ subject_id: String(owner.id) })).map(
      (e) => e.action,
    );
    expect(actions).toEqual(['setup.completed', 'sign_in.succeeded']);
  });

  it('makes one owner of several forms that are sent at once', async () => {
    const { token } = await setupLink();
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        panel.visitor().postForm('/setup/', { ...OWNER, email: `ada-${i}@example.org`, token }),
      ),
    );
    expect(answers.map((a) => a.status).sort()).toEqual([303, 404, 404, 404, 404, 404]);
    expect(await staffCount()).toBe(1);
  });

  it('shows the form again with a message per field, and the link stays good', async () => {
    const { token } = await setupLink();
    const answer = await panel.visitor().postForm('/setup/', { name: ' ', email: 'x', password: 'short', token });
    expect(answer.status).toBe(422);
    const { text } = readPage(answer.text);
    expect(text).toContain('Give a name');
    expect(text).toContain('Give an e-mail');
    expect(text).toContain('at least 12');
    expect(answer.text).not.toContain('short"');
    expect(await staffCount()).toBe(0);
    expect((await panel.visitor().postForm('/setup/', { ...OWNER, token })).status).toBe(303);
  });

  it('opens for nobody without the latest token', async () => {
    const older = await setupLink();
    const newer = await setupLink();
    for (const path of ['/setup/', '/setup/?token=', '/setup/?token=guess', '/setup/?token=a&token=b', older.path]) {
      expect((await panel.visitor().get(path)).status).toBe(404);
    }
    const refused = await panel.visitor().postForm('/setup/', { ...OWNER, token: older.token });
    expect(refused.status).toBe(404);
    expect(await staffCount()).toBe(0);
    expect((await panel.visitor().get(newer.path)).status).toBe(200);
  });

  it('closes after 24 hours', async () => {
    const { path, token } = await setupLink();
    await panel.context.knex('sign_in_links').update({ expires_at: new Date(Date.now() - 1000) });
    expect((await panel.visitor().get(path)).status).toBe(404);
    expect((await panel.visitor().postForm('/setup/', { ...OWNER, token })).status).toBe(404);
    expect(await staffCount()).toBe(0);
  });

  it('closes when staff was added from a shell in the meantime', async () => {
    const { path, token } = await setupLink();
    await panel.createStaff('owner');
    expect((await panel.visitor().get(path)).status).toBe(404);
    expect((await panel.visitor().postForm('/setup/', { ...OWNER, token })).status).toBe(404);
    expect(await staffCount()).toBe(1);
  });

  it('is what the sign-in page points to while nobody works here', async () => {
    expect(readPage((await panel.visitor().get('/login/')).text).text).toContain('Nobody works here yet');
    await panel.createStaff('owner');
    expect(readPage((await panel.visitor().get('/login/')).text).text).not.toContain('Nobody works here yet');
  });
});
