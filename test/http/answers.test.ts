import { request } from 'node:http';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { readPage } from '../support/page';

let panel: TestApp;
let person: SignedInVisitor;
beforeAll(async () => {
  panel = await startTestApp();
  person = await panel.signInAs('viewer');
});
afterAll(async () => {
  await panel.close();
});

describe('addresses', () => {
  it.each([
    ['/login', '/login/'],
    ['/account', '/account/'],
    ['/admin/staff?a=1&b=%2F', '/admin/staff/?a=1&b=%2F'],
    ['/patreon/members?q=', '/patreon/members/?q='],
  ])('without the slash lead on: %s', async (from, to) => {
    const answer = await person.get(from);
    expect(answer.status).toBe(301);
    expect(answer.headers.location).toBe(to);
  });

  it('never lead to another site', async () => {
    for (const path of ['//evil.test', '//evil.test/x', '/%2F/evil.test', '/%5Cevil.test']) {
      const answer = await person.get(path);
      const { location } = answer.headers;
      if (location) expect(new URL(location, panel.url).origin).toBe(panel.url);
    }
  });

  it('that name a host are not led on', async () => {
    expect((await fetchRaw('GET', 'http://evil.test/login')).status).toBe(200);
  });

  it('of programs and files are taken as they are', async () => {
    expect((await person.get('/healthz')).status).toBe(200);
    expect((await person.get('/css/nothing.css')).status).toBe(404);
  });
});

describe('an error', () => {
  it('is a whole page for a browser', async () => {
    const answer = await person.get('/nothing-here/');
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.text).toContain('<!doctype html>');
    expect(readPage(answer.text).title).not.toBe('');
    expect(readPage(answer.text).text).toContain(answer.headers['x-request-id'] as string);
  });

  it('is a fragment in the message area for htmx, and a page for a boosted link', async () => {
    const fragment = await person.get('/nothing-here/', { 'HX-Request': 'true' });
    expect(fragment.status).toBe(404);
    expect(fragment.text).not.toContain('<html');
    expect(fragment.headers['hx-retarget']).toBe('#messages');
    const boosted = await person.get('/nothing-here/', { 'HX-Request': 'true', 'HX-Boosted': 'true' });
    expect(boosted.text).toContain('<html');
  });

  it('is an error document for programs', async () => {
    for (const answer of [
      await person.get('/nothing-here/', { Accept: 'application/json' }),
      await person.get('/api/nothing'),
    ]) {
      expect(answer.status).toBe(404);
      expect(answer.body).toEqual({
        errors: [{ status: '404', code: 'not_found', title: expect.any(String), detail: expect.any(String) }],
      });
    }
  });

  it('keeps 403 what it is, with the navigation of whoever is signed in', async () => {
    const answer = await person.get('/admin/staff/');
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('/logout/');
  });

  it('leads strangers to sign in and back, with a header for htmx', async () => {
    const answer = await panel.visitor().get('/account/?tab=1');
    expect(answer.headers.location).toBe('/login/?next=%2Faccount%2F%3Ftab%3D1');
    const fragment = await panel.visitor().get('/account/', { 'HX-Request': 'true' });
    expect(fragment.status).toBe(401);
    expect(fragment.headers['hx-redirect']).toBe('/login/?next=%2Faccount%2F');
  });

  it('shows a request id that a proxy gave, and no other text that a client sent as one', async () => {
    const given = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee';
    expect((await person.get('/nothing-here/', { 'X-Request-Id': given })).headers['x-request-id']).toBe(given);
    const made = (await person.get('/nothing-here/', { 'X-Request-Id': '<script>alert(1)</script>xxxxx' })).headers[
      'x-request-id'
    ];
    expect(made).toMatch(/^[\w-]{36}$/);
  });
});

describe('what a person or a program got wrong', () => {
  it('is told in words of the reader’s language, also where no form is shown again', async () => {
    const page = await person.postForm('/account/theme/', { theme: 'sepia' });
    expect(page.status).toBe(422);
    expect(readPage(page.text).text).not.toContain('accounts:');
    const json = await person.postForm('/account/theme/', { theme: 'sepia' }, { Accept: 'application/json' });
    expect(json.body.errors).toEqual([
      {
        status: '422',
        code: 'invalid',
        title: 'Unprocessable Entity',
        detail: expect.stringMatching(/^[A-Z][^:]+\.$/),
        source: { parameter: 'theme' },
      },
    ]);
  });

  it.each(['/patreon/sync/', '/patreon/campaigns/', '/patreon/members/', '/patreon/posts/', '/patreon/tiers/'])(
    'is a 404 for an id beyond every number below %s',
    async (list) => {
      expect((await person.get(`${list}999999999999999/`)).status).toBe(404);
    },
  );
});

describe('methods and bodies', () => {
  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])(
    '%s is answered with 405 and what is allowed',
    async (method) => {
      const answer = await fetchRaw(method, '/account/');
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('GET, HEAD, POST');
    },
  );

  it('a body beyond the limit is answered with 413', async () => {
    const answer = await person.agent
      .post('/account/')
      .type('form')
      .send(`name=${'x'.repeat(1_100_000)}`);
    expect(answer.status).toBe(413);
  });

  it('a form of thousands of fields is answered with 413', async () => {
    const fields = Array.from({ length: 500 }, (_, i) => `f${i}=1`).join('&');
    expect((await person.agent.post('/account/').type('form').send(fields)).status).toBe(413);
  });

  it.each([
    ['application/x-www-form-urlencoded; charset=utf-32', 'a=1', 415],
    ['application/x-www-form-urlencoded', '%E0%A4%A', 403],
    ['application/json', '{"a":', 403],
    ['text/plain', 'a', 403],
  ])('%s is answered without a 500', async (type, body, status) => {
    const answer = await person.agent.post('/account/').set('Content-Type', type).send(body);
    expect(answer.status).toBe(status);
  });
});

describe('headers', () => {
  const STRICT =
    "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;font-src 'self';connect-src 'self';" +
    "manifest-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'";

  it.each([
    '/login/',
    '/account/',
    '/account',
    '/admin/staff/',
    '/nothing-here/',
    '/css/base.css',
    '/icons.svg',
    '/healthz',
    '/api/nothing',
    '/%00',
  ])('protect %s, whatever its status', async (path) => {
    const { headers } = await person.get(path);
    expect(headers['content-security-policy']).toBe(STRICT);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('same-origin');
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('forbid keeping pages and allow keeping files', async () => {
    for (const path of ['/account/', '/login/', '/admin/staff/', '/nothing-here/']) {
      expect((await person.get(path)).headers['cache-control']).toBe('no-store');
    }
    expect((await person.get('/css/base.css')).headers['cache-control']).toContain('max-age');
  });

  it('give the session cookie to no script and to no other site', async () => {
    const answer = await panel.visitor().get('/login/');
    expect([answer.headers['set-cookie']].flat()[0]).toMatch(/^sid=.*; Path=\/; Expires=.*; HttpOnly; SameSite=Lax$/);
  });

  it('behind https bind the cookie to this host', async () => {
    const https = await startTestApp({
      configure: (config) => Object.assign(config.http, { publicUrl: 'https://panel.test', trustProxy: 1 }),
    });
    try {
      const answer = await https.visitor().get('/login/', { 'X-Forwarded-Proto': 'https' });
      expect([answer.headers['set-cookie']].flat()[0]).toMatch(
        /^__Host-sid=.*; Path=\/; Expires=.*; HttpOnly; Secure; SameSite=Lax$/,
      );
    } finally {
      await https.close();
    }
  });

  it('make no session for people who only look at an error', async () => {
    const before = await panel.context.knex('sessions').count('* as n').first();
    for (const path of ['/nothing-here/', '/account/', '/css/base.css', '/healthz']) {
      expect((await panel.visitor().get(path)).headers['set-cookie']).toBeUndefined();
    }
    expect(await panel.context.knex('sessions').count('* as n').first()).toEqual(before);
  });
});

/** Methods that supertest and fetch refuse to send. */
async function fetchRaw(method: string, path: string): Promise<{ status: number; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const sent = request(panel.url, { method, path }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
    });
    sent.on('error', reject).end();
  });
}
