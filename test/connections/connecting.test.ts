import supertest from 'supertest';
import { PatreonCredential } from '../../src/apps/connections/patreon-credential.model';
import { WANTED_SCOPES } from '../../src/patreon/oauth';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { type SignedInVisitor, startTestApp, type TestApp, type Visitor } from '../support/app';
import { readPage } from '../support/page';
import { sandboxControl } from '../support/sandbox-control';
import { CLIENT, dump, forgetConnections, insertConnection, insertCredential } from './connection-fixtures';

const CONNECT = '/patreon/oauth/authorize/';
const CALLBACK = '/patreon/oauth/callback/';

let now = Date.now();
let sandbox: Sandbox;
let control: ReturnType<typeof sandboxControl>;
let panel: TestApp;
let owner: SignedInVisitor;
beforeAll(async () => {
  sandbox = await startSandbox({ campaigns: [{ members: 5 }, { members: 3, creator: 1 }], limits: null });
  control = sandboxControl(sandbox);
  panel = await startTestApp({ patreonBaseUrl: sandbox.url, clock: { now: () => new Date(now) } });
  const redirect_uris = [`${panel.url}${CALLBACK}`, `${panel.url}/api/auth/patreon/callback`];
  await control.register({ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris });
  owner = await panel.signInAs('owner');
});
afterAll(async () => {
  await panel.close();
  await sandbox.close();
});
beforeEach(async () => {
  now = Date.now();
  await control.reset();
  await forgetConnections(panel.context);
});

const stored = (id: number) => PatreonCredential.get(id, panel.context.knex);

/** Presses the button; answers the address of Patreon's consent page. */
async function start(browser: Visitor, credential: number, address = CONNECT): Promise<URL> {
  const answer = await browser.postForm(address, { credential: String(credential) });
  expect(answer.status).toBe(302);
  return new URL(answer.headers.location as string);
}

/** Answers the consent page as a person does; gives the path and query that Patreon sends the browser back to. */
async function consent(page: URL, decision: 'allow' | 'deny' = 'allow', account = 0): Promise<string> {
  const shown = await supertest(sandbox.url).get(page.pathname + page.search);
  expect(shown.status).toBe(200);
  const request = /name="request" value="([^"]+)"/.exec(shown.text)?.[1] ?? '';
  const users = [...shown.text.matchAll(/name="user" value="([^"]+)"/g)].map(([, user = '']) => user);
  const user = users[account] === undefined ? {} : { user: users[account] };
  const answer = await supertest(sandbox.url)
    .post('/oauth2/authorize')
    .type('form')
    .send({ request, decision, ...user });
  const back = new URL(answer.headers.location as string);
  return back.pathname + back.search;
}

const stateOf = (page: URL) => page.searchParams.get('state') ?? '';

async function untouched(id: number): Promise<void> {
  expect(await stored(id)).toMatchObject({
    state: 'not_connected',
    access_token: null,
    refresh_token: null,
    token_version: 0,
    scopes: [],
  });
  expect(await PatreonCredential.campaigns(panel.context.knex)).toEqual([]);
}

describe('the connect page', () => {
  it('says what is asked and lets its form, and no other, lead to Patreon', async () => {
    const { id } = await insertCredential(panel.context);
    const page = await owner.get(`${CONNECT}?credential=${id}`);
    for (const scope of WANTED_SCOPES) expect(page.text).toContain(`>${scope}<`);
    expect(page.text).not.toContain('connections:');
    expect(page.headers['content-security-policy']).toContain(`form-action 'self' ${sandbox.url}`);
    expect((await owner.get('/account/')).headers['content-security-policy']).not.toContain(sandbox.url);
  });

  it('leads to the credentials form while there is none', async () => {
    expect((await owner.get(CONNECT)).text).toContain('href="/admin/patreon/patreoncredential/add/"');
  });

  it('asks which one when there are several', async () => {
    await insertCredential(panel.context);
    const { id } = await insertCredential(panel.context, { campaign_name: 'Second' });
    expect((await owner.get(CONNECT)).text).toContain(`<option value="${id}"`);
    expect((await owner.get(`${CONNECT}?credential=nonsense`)).status).toBe(404);
  });

  it('starts with the only one when none is named, and with none when there are several', async () => {
    await insertCredential(panel.context);
    expect((await owner.postForm(CONNECT)).status).toBe(302);
    await insertCredential(panel.context, { campaign_name: 'Second' });
    const answer = await owner.postForm(CONNECT);
    expect(answer.status).toBe(422);
    expect(readPage(answer.text).text).toContain('Name the credential');
  });

  it('does nothing on GET, and nothing on POST without a token', async () => {
    const { id } = await insertCredential(panel.context);
    await owner.get(`${CONNECT}?credential=${id}`);
    const answer = await owner.agent.post(CONNECT).type('form').send({ credential: id });
    expect(answer.status).toBe(403);
    expect(await panel.context.knex('oauth_states').first()).toBeUndefined();
  });
});

describe('connecting', () => {
  it('goes through Patreon’s consent and ends on the first sync', async () => {
    const { id } = await insertCredential(panel.context);
    const page = await start(owner, id);
    expect(page.origin + page.pathname).toBe(`${sandbox.url}/oauth2/authorize`);
    expect(page.searchParams.get('scope')?.split(' ')).toEqual([...WANTED_SCOPES]);
    const answer = await owner.get(await consent(page));
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toMatch(/^\/patreon\/sync\/\d+\/$/);
    const credential = await stored(id);
    expect(credential).toMatchObject({ state: 'connected', token_version: 1, last_error: null });
    expect([...credential.scopes].sort()).toEqual([...WANTED_SCOPES].sort());
    expect(Date.parse(credential.token_expires_at ?? '')).toBe(now + 2_678_400_000);
    expect(credential.patreon_user_name).not.toBeNull();
    expect((await PatreonCredential.campaigns(panel.context.knex)).map((c) => c.credential_id)).toEqual([id]);
    const page2 = readPage((await owner.get(`/admin/patreon/patreoncredential/${id}/change/`)).text);
    expect(page2.text).toContain('Connected');
  });

  it('sends the secret and the code in a form body, with a User-Agent', async () => {
    const { id } = await insertCredential(panel.context);
    await owner.get(await consent(await start(owner, id)));
    const [request] = await control.tokenRequests();
    expect(request).toMatchObject({ method: 'POST', status: 200, violations: [] });
    expect(request?.user_agent).toMatch(/^Patrondesk\/\d/);
  });

  it('works at the other addresses for the same actions', async () => {
    const { id } = await insertCredential(panel.context, { redirect_uri: `${panel.url}/api/auth/patreon/callback` });
    expect((await owner.get('/api/auth/patreon/connect')).headers.location).toBe(CONNECT);
    const answer = await owner.get(await consent(await start(owner, id, '/api/auth/patreon/connect')));
    expect(answer.headers.location).toMatch(/^\/patreon\/sync\/\d+\/$/);
    const refreshed = await owner.postForm('/api/auth/patreon/refresh', {}, { accept: 'application/json' });
    expect(refreshed.body.connection).toMatchObject({ id, state: 'connected', token: { valid: true } });
    expect((await stored(id)).token_version).toBe(2);
    const gone = await owner.postForm(
      '/api/auth/patreon/disconnect',
      { credential: String(id) },
      { accept: 'application/json' },
    );
    expect(gone.body.connection).toMatchObject({ id, state: 'disconnected', token: { valid: false } });
  });

  it('can be repeated with the same account', async () => {
    const { id } = await insertCredential(panel.context);
    await owner.get(await consent(await start(owner, id)));
    await owner.get(await consent(await start(owner, id)));
    expect(await stored(id)).toMatchObject({ state: 'connected', token_version: 2 });
  });

  it('keeps no token, code or state in the clear', async () => {
    const { id } = await insertCredential(panel.context);
    const page = await start(owner, id);
    const back = new URL(await consent(page), panel.url);
    await owner.get(back.pathname + back.search);
    const { access_token, refresh_token } = await stored(id);
    const place = (column: string) => `patreon_credentials|${column}|${id}`;
    const tokens = [
      panel.context.secrets.open(access_token ?? '', place('access_token')),
      panel.context.secrets.open(refresh_token ?? '', place('refresh_token')),
    ];
    const { rows } = await panel.context.knex.raw('select string_agg(s::text, chr(10)) as dump from oauth_states s');
    const text = (await dump(panel.context)) + rows[0].dump;
    for (const secret of [...tokens, stateOf(page), back.searchParams.get('code') ?? '-'])
      expect(text).not.toContain(secret);
  });
});

describe('a connection that is not made', () => {
  it('because access was denied: says so and stores nothing', async () => {
    const { id } = await insertCredential(panel.context);
    const answer = await owner.get(await consent(await start(owner, id), 'deny'));
    expect([answer.status, answer.headers.location]).toEqual([303, `${CONNECT}?credential=${id}`]);
    expect(readPage((await owner.get(answer.headers.location as string)).text).text).toContain(
      'You did not allow access',
    );
    await untouched(id);
  });

  it.each([
    ['holds nothing', ''],
    ['holds no state', '?code=abc'],
    ['holds only a state', '?state=abc'],
    ['repeats the code', '?code=a&code=b&state=c'],
    ['repeats the state', '?code=a&state=b&state=c'],
    ['is overlong', `?code=a&state=${'x'.repeat(3000)}`],
    ['holds an empty error', '?error='],
    ['holds NUL', '?code=%00&state=%00'],
  ])('because the address %s: a page, no error of ours, and Patreon is not asked', async (_case, query) => {
    const answer = await owner.get(CALLBACK + query);
    expect(answer.status).toBe(400);
    expect(readPage(answer.text).title).not.toBe('');
    expect(await control.tokenRequests()).toEqual([]);
  });

  it('because the state is invented', async () => {
    const { id } = await insertCredential(panel.context);
    const back = new URL(await consent(await start(owner, id)), panel.url);
    back.searchParams.set('state', 'A'.repeat(43));
    const answer = await owner.get(back.pathname + back.search);
    expect([answer.status, readPage(answer.text).title]).toEqual([400, expect.stringContaining('cannot be used')]);
    expect(await control.tokenRequests()).toEqual([]);
    await untouched(id);
  });

  it('because the state is used a second time', async () => {
    const { id } = await insertCredential(panel.context);
    const back = await consent(await start(owner, id));
    expect((await owner.get(back)).status).toBe(303);
    expect((await owner.get(back)).status).toBe(400);
    expect(await control.tokenRequests()).toHaveLength(1);
  });

  it('twice when the callback is opened twice at the same moment', async () => {
    const { id } = await insertCredential(panel.context);
    const back = await consent(await start(owner, id));
    await Promise.all([owner.get(back), owner.get(back), owner.get(back)]);
    expect(await control.tokenRequests()).toHaveLength(1);
    expect(await stored(id)).toMatchObject({ state: 'connected', token_version: 1 });
  });

  it('because the state is older than ten minutes', async () => {
    const { id } = await insertCredential(panel.context);
    const back = await consent(await start(owner, id));
    now += 10 * 60_000 + 1;
    expect((await owner.get(back)).status).toBe(400);
    await untouched(id);
  });

  it('because another owner’s browser brings the state', async () => {
    const { id } = await insertCredential(panel.context);
    const other = await panel.signInAs('owner');
    const back = await consent(await start(owner, id));
    expect((await other.get(back)).status).toBe(400);
    await untouched(id);
    expect((await owner.get(back)).status).toBe(303);
  });

  it('because another session of the same person brings the state', async () => {
    const { id } = await insertCredential(panel.context);
    const elsewhere = panel.visitor();
    await elsewhere.signIn(owner.staff.email);
    const back = await consent(await start(owner, id));
    expect((await elsewhere.get(back)).status).toBe(400);
    await untouched(id);
  });

  it('because nobody is signed in: the code does not travel on', async () => {
    const { id } = await insertCredential(panel.context);
    const back = await consent(await start(owner, id));
    const answer = await panel.visitor().get(back);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe(`/login/?next=${encodeURIComponent(CONNECT)}`);
    await untouched(id);
  });

  it('because a manager may not', async () => {
    const { id } = await insertCredential(panel.context);
    const manager = await panel.signInAs('manager');
    expect((await manager.postForm(CONNECT, { credential: String(id) })).status).toBe(403);
    expect((await manager.get(await consent(await start(owner, id)))).status).toBe(403);
    await untouched(id);
  });

  it.each([
    ['the code is refused', { kind: 'invalid_grant' }, 'did not accept its own permission'],
    ['the token endpoint is down', { kind: '503' }, 'could not be reached'],
    ['the token endpoint is throttled', { kind: '429' }, 'could not be reached'],
    ['the token endpoint answers a page', { kind: 'html' }, 'could not be reached'],
    ['the token endpoint answers nothing', { kind: 'empty' }, 'could not be reached'],
    ['the connection breaks', { kind: 'disconnect' }, 'could not be reached'],
  ])('because %s', async (_case, fault, words) => {
    const { id } = await insertCredential(panel.context);
    const back = await consent(await start(owner, id));
    await control.fault({ match: 'POST /api/oauth2/token', times: null, ...fault });
    const answer = await owner.get(back);
    expect([answer.status, answer.headers.location]).toEqual([303, `${CONNECT}?credential=${id}`]);
    expect(readPage((await owner.get(CONNECT)).text).text).toContain(words);
    await untouched(id);
  });

  it('because the client secret is wrong', async () => {
    const { id } = await insertCredential(panel.context);
    const wrong = panel.context.secrets.seal('wrong', `patreon_credentials|client_secret|${id}`);
    await PatreonCredential.query(panel.context.knex).findById(id).patch({ client_secret: wrong });
    await owner.get(await consent(await start(owner, id)));
    expect(readPage((await owner.get(CONNECT)).text).text).toContain('does not accept the client ID');
  });

  it('because the stored secret was moved here from another row', async () => {
    const { client_secret } = await insertCredential(panel.context);
    const { id } = await insertCredential(panel.context, { campaign_name: 'Second' });
    await PatreonCredential.query(panel.context.knex).findById(id).patch({ client_secret });
    const answer = await owner.postForm(CONNECT, { credential: String(id) });
    expect([answer.status, answer.headers.location]).toEqual([303, `${CONNECT}?credential=${id}`]);
    expect(readPage((await owner.get(CONNECT)).text).text).toContain('cannot be read');
  });

  it('because the campaign is read through another credential', async () => {
    const first = await insertCredential(panel.context);
    const second = await insertCredential(panel.context, { campaign_name: 'Second' });
    await owner.get(await consent(await start(owner, first.id)));
    const answer = await owner.get(await consent(await start(owner, second.id)));
    expect(answer.headers.location).toBe(`${CONNECT}?credential=${second.id}`);
    expect(await stored(second.id)).toMatchObject({ state: 'not_connected', access_token: null });
    expect(await stored(first.id)).toMatchObject({ state: 'connected' });
  });

  it('because another account is behind it than before: the old connection stays', async () => {
    const { id } = await insertCredential(panel.context);
    await owner.get(await consent(await start(owner, id), 'allow', 0));
    const before = await stored(id);
    await owner.get(await consent(await start(owner, id), 'allow', 1));
    expect(await stored(id)).toEqual(before);
  });
});

describe('renewing by hand', () => {
  it('tells a refused token from one that cannot be renewed now', async () => {
    const tokens = await control.mint();
    const { id } = await insertConnection(panel.context, tokens);
    const address = `/admin/patreon/patreoncredential/${id}/refresh/`;
    await control.fault({ match: 'POST /api/oauth2/token', kind: '503', times: 1 });
    await owner.postForm(address);
    expect((await stored(id)).state).toBe('connected');
    expect(readPage((await owner.get('/account/')).text).text).toContain('stays in use');
    await control.revoke(tokens.access_token);
    await owner.postForm(address);
    expect(await stored(id)).toMatchObject({ state: 'reconnect_needed', last_error: 'grant_refused' });
    expect(readPage((await owner.get('/account/')).text).text).toContain('Connect again');
  });
});
