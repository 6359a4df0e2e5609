import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { readFixture } from '../support/wire-documents';
import { control, type MintedToken, SandboxClient } from './sandbox-client';

const REDIRECT = 'https://admin.example.com/oauth/patreon/callback';
const CREDENTIALS = { client_id: 'the-client', client_secret: 'the-secret' };
const AUTHORIZE = {
  response_type: 'code',
  client_id: 'the-client',
  redirect_uri: REDIRECT,
  scope: 'identity campaigns campaigns.members[email]',
  state: '9f2c1e7a',
};

describe('the OAuth addresses of the sandbox', () => {
  let sandbox: Sandbox;

  beforeEach(async () => {
    sandbox = await startSandbox({ clientId: 'the-client', clientSecret: 'the-secret', redirectUris: [REDIRECT] });
  });
  afterEach(() => sandbox.close());

  const consentPage = (parameters: Record<string, string> = AUTHORIZE): Promise<Response> =>
    fetch(`${sandbox.url}/oauth2/authorize?${new URLSearchParams(parameters)}`, { redirect: 'manual' });

  const answer = (request: string, decision: string): Promise<Response> =>
    fetch(`${sandbox.url}/oauth2/authorize`, {
      method: 'POST',
      body: new URLSearchParams({ request, decision }),
      redirect: 'manual',
    });

  const requestOf = (html: string): string => /name="request" value="([^"]+)"/.exec(html)?.[1] ?? '';

  /** The address that the browser is sent to after somebody pressed a button of the consent page. */
  async function decide(decision: string, parameters = AUTHORIZE): Promise<URL> {
    const request = requestOf(await (await consentPage(parameters)).text());
    return new URL((await answer(request, decision)).headers.get('location') ?? '');
  }

  const postToken = (fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${sandbox.url}/api/oauth2/token`, { method: 'POST', body: new URLSearchParams(fields), headers });

  async function exchange(code: string) {
    const fields = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, ...CREDENTIALS };
    return postToken(fields);
  }

  const refresh = (token: string): Promise<Response> =>
    postToken({ grant_type: 'refresh_token', refresh_token: token, ...CREDENTIALS });

  const pairOf = async (response: Promise<Response>): Promise<MintedToken> =>
    (await (await response).json()) as MintedToken;

  const codeOf = async (): Promise<string> => (await decide('allow')).searchParams.get('code') ?? '';

  const works = async (token: string): Promise<boolean> =>
    (await new SandboxClient(sandbox, token).get('/identity')).status === 200;

  describe('the consent page', () => {
    it('shows which scopes are asked for, by whom, under a policy without scripts', async () => {
      const response = await consentPage();
      const html = await response.text();
      expect(response.status).toBe(200);
      for (const text of ['Patrondesk', 'campaigns.members[email]', 'value="allow"', 'value="deny"', 'lang="en"']) {
        expect(html).toContain(text);
      }
      expect(html).not.toContain('campaigns.posts');
      expect(html).not.toContain('<script');
      const policy = response.headers.get('content-security-policy');
      expect(policy).toContain("default-src 'none'");
      // Browsers hold the redirect after a form against this list, too.
      expect(policy).toContain("form-action 'self' https://admin.example.com");
    });

    it('leads back with a code when access is allowed and with access_denied when not', async () => {
      const allowed = await decide('allow');
      expect(allowed.href.startsWith(REDIRECT)).toBe(true);
      expect([...allowed.searchParams.keys()]).toEqual(['code', 'state']);
      expect((await decide('deny')).search).toBe('?error=access_denied&state=9f2c1e7a');
    });

    it('can be answered once', async () => {
      const request = requestOf(await (await consentPage()).text());
      expect((await answer(request, 'allow')).status).toBe(302);
      expect((await answer(request, 'allow')).status).toBe(400);
    });

    it.each([
      ['an unknown client', { client_id: 'another' }],
      ['an address that is not registered', { redirect_uri: `${REDIRECT}/x` }],
      ['markup in the address', { client_id: '"><script>alert(1)</script>' }],
    ])('does not redirect for %s', async (_reason, wrong) => {
      const response = await consentPage({ ...AUTHORIZE, ...wrong });
      expect(response.status).toBe(400);
      expect(response.headers.get('location')).toBeNull();
      expect(await response.text()).not.toContain('<script');
    });

    it.each([
      ['unsupported_response_type', { response_type: 'token' }],
      ['invalid_scope', { scope: 'identity everything' }],
      ['invalid_scope', { scope: '' }],
    ])('leads back with %s for %j', async (error, wrong) => {
      const response = await consentPage({ ...AUTHORIZE, ...wrong });
      const location = new URL(response.headers.get('location') ?? '');
      expect(location.searchParams.get('error')).toBe(error);
      expect(location.searchParams.get('state')).toBe('9f2c1e7a');
    });
  });

  describe('the token endpoint', () => {
    it('exchanges a code for a pair with the keys of the sample', async () => {
      const response = await exchange(await codeOf());
      const body = (await response.json()) as MintedToken;
      expect(response.status).toBe(200);
      expect(Object.keys(body)).toEqual(Object.keys(readFixture('oauth.token.authorization-code.200.json')));
      expect(body).toMatchObject({
        expires_in: 2678400,
        token_type: 'Bearer',
        scope: 'identity campaigns campaigns.members[email]',
        version: '0.0.1',
      });
      expect(await works(body.access_token)).toBe(true);
    });

    it('takes a code once, and not after its few minutes', async () => {
      const code = await codeOf();
      expect((await exchange(code)).status).toBe(200);
      const again = await exchange(code);
      expect(again.status).toBe(401);
      expect(await again.json()).toEqual(readFixture('oauth.token.invalid-grant.401.json'));
      const late = await codeOf();
      await control(sandbox, 'POST', '/clock', { advance_seconds: 301 });
      expect((await exchange(late)).status).toBe(401);
    });

    it('changes both tokens on refresh and stops the former pair at once', async () => {
      const first = await pairOf(exchange(await codeOf()));
      const second = await pairOf(refresh(first.refresh_token));
      expect(second.access_token).not.toBe(first.access_token);
      expect(second.refresh_token).not.toBe(first.refresh_token);
      expect(await works(first.access_token)).toBe(false);
      expect(await works(second.access_token)).toBe(true);
      const spent = await refresh(first.refresh_token);
      expect([spent.status, await spent.json()]).toEqual([401, { error: 'invalid_grant' }]);
    });

    it('gives the tokens of a race to exactly one of its runners', async () => {
      const { refresh_token } = await pairOf(exchange(await codeOf()));
      const answers = await Promise.all([1, 2, 3].map(() => refresh(refresh_token)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
    });

    it('refuses in the flat form of OAuth', async () => {
      const statusAndBody = async (fields: Record<string, string>) => {
        const response = await postToken(fields);
        return [response.status, await response.json()];
      };
      const grant = { grant_type: 'authorization_code', code: await codeOf(), redirect_uri: REDIRECT };
      const invalidClient = readFixture('oauth.token.invalid-client.401.json');
      expect(await statusAndBody({ ...grant, ...CREDENTIALS, client_secret: 'wrong' })).toEqual([401, invalidClient]);
      expect(await statusAndBody({ ...grant, ...CREDENTIALS, client_id: 'wrong' })).toEqual([401, invalidClient]);
      expect(await statusAndBody({ ...CREDENTIALS, grant_type: 'password' })).toEqual([
        400,
        { error: 'invalid_request' },
      ]);
      expect(await statusAndBody({ ...CREDENTIALS, grant_type: 'refresh_token' })).toEqual([
        400,
        { error: 'invalid_request' },
      ]);
      expect(await statusAndBody({ ...grant, ...CREDENTIALS, redirect_uri: 'https://else.example.com' })).toEqual([
        401,
        { error: 'invalid_grant' },
      ]);
    });

    it('does not mistake the name of an object method for a grant type', async () => {
      const response = await postToken({ ...CREDENTIALS, grant_type: 'constructor' });
      expect([response.status, await response.json()]).toEqual([400, { error: 'invalid_request' }]);
    });

    it('answers nobody without a User-Agent', async () => {
      const fields = { grant_type: 'refresh_token', refresh_token: 'x', ...CREDENTIALS };
      const response = await postToken(fields, { 'user-agent': '' });
      expect(response.status).toBe(403);
      expect(response.headers.get('content-type')).toContain('text/html');
    });

    it('answers an oversized or broken body without falling over', async () => {
      const response = await postToken({ ...CREDENTIALS, code: 'x'.repeat(30_000) });
      expect([response.status, await response.json()]).toEqual([400, { error: 'invalid_request' }]);
    });

    it('keeps to another life when it is set', async () => {
      await control(sandbox, 'POST', '/settings', { expires_in: 20 });
      const { access_token, expires_in } = await pairOf(exchange(await codeOf()));
      expect(expires_in).toBe(20);
      await control(sandbox, 'POST', '/clock', { advance_seconds: 21 });
      expect(await works(access_token)).toBe(false);
    });

    it('holds on to scopes that were allowed before', async () => {
      await exchange(await codeOf());
      const narrower = await decide('allow', { ...AUTHORIZE, scope: 'identity' });
      const { scope } = await pairOf(exchange(narrower.searchParams.get('code') ?? ''));
      expect(scope).toBe('identity campaigns campaigns.members[email]');
    });
  });

  it('stops both tokens when the person disconnects the client', async () => {
    const pair = await pairOf(exchange(await codeOf()));
    expect(await control(sandbox, 'POST', '/tokens/revoke', { token: pair.access_token })).toEqual({ revoked: 1 });
    expect(await works(pair.access_token)).toBe(false);
    expect((await refresh(pair.refresh_token)).status).toBe(401);
  });

  it('registers further clients', async () => {
    const redirect_uris = ['http://localhost:3999/back'];
    const made = await control<{ client_id: string }>(sandbox, 'POST', '/clients', { name: 'Second', redirect_uris });
    const parameters = { ...AUTHORIZE, client_id: made.client_id, redirect_uri: 'http://localhost:3999/back' };
    expect(await (await consentPage(parameters)).text()).toContain('Second asks for access');
  });
});
