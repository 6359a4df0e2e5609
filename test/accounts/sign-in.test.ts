import { hash } from '@node-rs/argon2';
import type { Response } from 'supertest';
import { createSignInLink } from '../../src/apps/accounts/sign-in-links.service';
import { Staff } from '../../src/apps/accounts/staff.model';
import { PASSWORD, startTestApp, type TestApp } from '../support/app';
import { readPage } from '../support/page';

let panel: TestApp;
beforeAll(async () => {
  panel = await startTestApp();
});
afterAll(async () => {
  await panel.close();
});
beforeEach(async () => {
  await panel.context.knex('rate_limits').delete();
});

const cookieOf = (answer: Response, name = 'sid') =>
  ([answer.headers['set-cookie'] ?? []].flat() as string[])
    .map((line) => line.split(';')[0] ?? '')
    .find((pair) => pair.startsWith(`${name}=`));

const auditActions = async (staffId: number) =>
  (
    await panel.context
      .knex('audit_entries')
      .where({ subject_type: 'staff', subject_id: String(staffId) })
      .orderBy('id')
  ).map((e) => e.action);

describe('POST /login/', () => {
  it('signs in with the right password, leads to the dashboard and writes it down', async () => {
    const staff = await panel.createStaff('manager');
    const browser = panel.visitor();
    const answer = await browser.signIn(` ${staff.email.toUpperCase()} `);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/patreon/');
    const account = await browser.get('/account/');
    expect(account.status).toBe(200);
    expect(readPage(account.text).text).toContain(staff.email);
    expect(await auditActions(staff.id)).toEqual(['sign_in.succeeded']);
    expect((await Staff.findById(staff.id, panel.context.knex))?.last_sign_in_at).not.toBeNull();
  });

  it('refuses a wrong password with the form, the e-mail and a message, and never shows the password', async () => {
    const staff = await panel.createStaff('manager');
    const answer = await panel.visitor().signIn(staff.email, 'not the right teapots');
    expect(answer.status).toBe(422);
    const page = readPage(answer.text);
    expect(page.values().email).toBe(staff.email);
    expect(page.text).toContain('is not right');
    expect(answer.text).not.toContain('teapots');
    expect(await auditActions(staff.id)).toEqual(['sign_in.refused']);
  });

  it('answers alike for a wrong password, an unknown e-mail, a disabled person and one without a password', async () => {
    const known = await panel.createStaff('viewer');
    const disabled = await panel.createStaff('viewer');
    await panel.context.knex('staff').where({ id: disabled.id }).update({ disabled_at: '2026-01-01T00:00:00Z' });
    const invited = await panel.createStaff('viewer');
    await panel.context.knex('staff').where({ id: invited.id }).update({ password_hash: null });
    const attempts = [
      [known.email, 'not the right teapots'],
      ['nobody@staff.test', PASSWORD],
      [disabled.email, PASSWORD],
      [invited.email, PASSWORD],
    ] as const;
    const answers = await Promise.all(
      attempts.map(async ([email, password]) => {
        const answer = await panel.visitor().signIn(email, password);
        const body = answer.text.replaceAll(email, 'E-MAIL').replace(/name="_csrf" value="[^"]*"/g, '');
        return { status: answer.status, body, headers: Object.keys(answer.headers).sort() };
      }),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.status).toBe(422);
  });

  it('says what is wrong with an e-mail that is none and a missing password', async () => {
    const answer = await panel.visitor().signIn('nobody', '');
    expect(answer.status).toBe(422);
    expect(readPage(answer.text).text).toContain('Give an e-mail address');
    expect(readPage(answer.text).text).toContain('Give a password');
  });

  it('changes the session id, so that a cookie from before stays anonymous', async () => {
    const staff = await panel.createStaff('viewer');
    const browser = panel.visitor();
    const before = cookieOf(await browser.get('/login/'));
    const after = cookieOf(await browser.signIn(staff.email));
    expect(before).toBeDefined();
    expect(after).toBeDefined();
    expect(after).not.toBe(before);
    const planted = await panel.visitor().get('/account/', { Cookie: before ?? '' });
    expect(planted.headers.location).toBe('/login/?next=%2Faccount%2F');
    const own = await panel.visitor().get('/account/', { Cookie: after ?? '' });
    expect(own.status).toBe(200);
  });

  it('never takes on a session id that a stranger chose', async () => {
    const answer = await panel.visitor().get('/login/', { Cookie: 'sid=s%3Achosen-by-a-stranger.c2lnbmF0dXJl' });
    expect(cookieOf(answer)).toBeDefined();
    expect(cookieOf(answer)).not.toContain('chosen-by-a-stranger');
    expect(await panel.context.knex('sessions').where({ sid: 'chosen-by-a-stranger' }).first()).toBeUndefined();
  });

  it('puts hardly anything into the session: no name, no e-mail, no role', async () => {
    const { staff } = await panel.signInAs('editor');
    const row = await panel.context
      .knex('sessions')
      .whereRaw(`sess ->> 'staffId' = ?`, [String(staff.id)])
      .first();
    expect(JSON.stringify(row.sess)).not.toMatch(/staff\.test|Editor|editor/);
  });

  it.each([
    ['/patreon/members/?q=ada&sort=-amount', '/patreon/members/?q=ada&sort=-amount'],
    ['https://evil.test/', '/patreon/'],
    ['//evil.test/', '/patreon/'],
    ['/\\evil.test/', '/patreon/'],
    ['/a/..//evil.test/', '/patreon/'],
    ['javascript:alert(1)', '/patreon/'],
    ['/\u0000', '/'],
  ])('leads from next=%j to %j', async (next, location) => {
    const staff = await panel.createStaff('viewer');
    const answer = await panel.visitor().postForm('/login/', { email: staff.email, password: PASSWORD, next });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe(location);
  });

  it('renews a hash that was made at a lower cost', async () => {
    const staff = await panel.createStaff('viewer');
    const cheap = await hash(PASSWORD, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    await panel.context.knex('staff').where({ id: staff.id }).update({ password_hash: cheap });
    expect((await panel.visitor().signIn(staff.email)).status).toBe(303);
    const renewed = await Staff.findById(staff.id, panel.context.knex);
    expect(renewed?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect((await panel.visitor().signIn(staff.email)).status).toBe(303);
  });
});

describe('GET /login/', () => {
  it('leads people who are signed in to where they wanted to go', async () => {
    const browser = await panel.signInAs('viewer');
    expect((await browser.get('/login/?next=/account/')).headers.location).toBe('/account/');
  });

  it('speaks the language that the browser prefers', async () => {
    const answer = await panel.visitor().get('/login/', { 'Accept-Language': 'fr-CA,fr;q=0.9,en;q=0.5' });
    expect(answer.headers['content-language']).toBe('fr');
    expect(readPage(answer.text).text).toContain('Mot de passe');
  });
});

describe('signing out', () => {
  it('asks on GET and ends the session on POST, for this cookie wherever it is sent from', async () => {
    const browser = await panel.signInAs('viewer');
    const page = await browser.get('/logout/');
    expect(page.status).toBe(200);
    const cookie = cookieOf(page) ?? '';
    expect((await panel.visitor().get('/account/', { Cookie: cookie })).status).toBe(200);
    const answer = await browser.postForm('/logout/');
    expect(answer.status).toBe(303);
    expect(answer.headers['clear-site-data']).toBe('"cache", "cookies", "storage"');
    expect((await panel.visitor().get('/account/', { Cookie: cookie })).status).toBe(303);
    const after = await browser.get(answer.headers.location as string);
    expect(readPage(after.text).text).toContain('You are signed out');
  });
});

describe('GET /login/link/', () => {
  const pathOf = (link: string) => link.slice(panel.url.length);

  it('signs in once, with a new session id, and leads on', async () => {
    const staff = await panel.createStaff('manager');
    const link = pathOf(await createSignInLink(panel.context, staff.id, 60));
    const [first, second] = [panel.visitor(), panel.visitor()];
    const before = cookieOf(await first.get('/login/'));
    const answer = await first.get(link);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/patreon/');
    expect(cookieOf(answer)).not.toBe(before);
    expect((await first.get('/account/')).status).toBe(200);
    const again = await second.get(link);
    expect(again.status).toBe(404);
    expect(readPage(again.text).text).toContain('works once');
    expect((await second.get('/account/')).status).toBe(303);
  });

  it('gives one of several at once the session', async () => {
    const staff = await panel.createStaff('manager');
    const link = pathOf(await createSignInLink(panel.context, staff.id, 60));
    const answers = await Promise.all(Array.from({ length: 6 }, () => panel.visitor().get(link)));
    expect(answers.map((a) => a.status).sort()).toEqual([303, 404, 404, 404, 404, 404]);
  });

  it('is not used up by programs that only look', async () => {
    const staff = await panel.createStaff('manager');
    const link = pathOf(await createSignInLink(panel.context, staff.id, 60));
    expect((await panel.visitor().agent.head(link)).status).toBe(400);
    expect((await panel.visitor().get(link, { 'Sec-Purpose': 'prefetch' })).status).toBe(400);
    expect((await panel.visitor().get(link)).status).toBe(303);
  });

  it('opens nothing when it is over, replaced, of a disabled person, or made up', async () => {
    const staff = await panel.createStaff('manager');
    const over = pathOf(await createSignInLink(panel.context, staff.id, -1));
    expect((await panel.visitor().get(over)).status).toBe(404);
    const replaced = pathOf(await createSignInLink(panel.context, staff.id, 60));
    const newer = pathOf(await createSignInLink(panel.context, staff.id, 60));
    expect((await panel.visitor().get(replaced)).status).toBe(404);
    await panel.context.knex('staff').where({ id: staff.id }).update({ disabled_at: '2026-01-01T00:00:00Z' });
    expect((await panel.visitor().get(newer)).status).toBe(404);
    for (const query of ['', '?token=', '?token=x', '?token=a&token=b']) {
      expect((await panel.visitor().get(`/login/link/${query}`)).status).toBe(404);
    }
  });

  it('keeps only a digest of the token', async () => {
    const staff = await panel.createStaff('manager');
    const link = await createSignInLink(panel.context, staff.id, 60);
    const token = new URL(link).searchParams.get('token') ?? '';
    expect(token.length).toBeGreaterThan(40);
    const rows = await panel.context.knex('sign_in_links').where({ staff_id: staff.id });
    expect(JSON.stringify(rows)).not.toContain(token);
  });
});
