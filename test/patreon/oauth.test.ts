import { authorizeUrl, exchangeCode, refreshTokens, WANTED_SCOPES } from '../../src/patreon/oauth';
import type { OAuthError } from '../../src/patreon/oauth-error';
import { type ScriptedAnswer, type ScriptedPatreon, sample, startScriptedPatreon } from '../support/scripted-patreon';

const JSON_TYPE = { 'content-type': 'application/json' };
const SECRET = 'client-secret-value';
const REFRESH = 'refresh-token-value';

let patreon: ScriptedPatreon;
beforeEach(async () => {
  patreon = await startScriptedPatreon();
});
afterEach(() => patreon.close());

const options = () => ({
  baseUrl: patreon.url,
  userAgent: 'Patrondesk/test',
  clientId: 'client',
  clientSecret: SECRET,
});
const refresh = (more: object = {}) => refreshTokens({ ...options(), refreshToken: REFRESH, ...more });
const answer = (body: unknown, status = 200): ScriptedAnswer => ({ status, body, headers: JSON_TYPE });

async function failureOf(request: Promise<unknown>): Promise<OAuthError> {
  const error = await request.then(
    () => new Error('the request succeeded'),
    (reason: OAuthError) => reason,
  );
  expect(error).toMatchObject({ name: 'OAuthError' });
  return error as OAuthError;
}

describe('authorizeUrl', () => {
  it('is the address of the sample', () => {
    const wire = new URL(
      sample<{ authorize_request: { url: string } }>('oauth.authorize-redirects').authorize_request.url,
    );
    const url = authorizeUrl({
      baseUrl: 'https://www.patreon.com',
      clientId: wire.searchParams.get('client_id') ?? '',
      redirectUri: wire.searchParams.get('redirect_uri') ?? '',
      state: wire.searchParams.get('state') ?? '',
      scopes: wire.searchParams.get('scope')?.split(' ') ?? [],
    });
    expect(url).toBe(wire.href);
  });

  it('asks for everything the panel uses, addresses and webhooks included', () => {
    const url = new URL(authorizeUrl({ baseUrl: 'https://p.example', clientId: 'c', redirectUri: 'r', state: 's' }));
    expect(url.searchParams.get('scope')?.split(' ')).toEqual(WANTED_SCOPES);
    expect(WANTED_SCOPES).toEqual(
      expect.arrayContaining(['campaigns.members[email]', 'campaigns.members.address', 'w:campaigns.webhook']),
    );
    expect(url.search).not.toContain('+');
  });
});

describe('exchangeCode', () => {
  it('sends a form and reads the tokens of the sample', async () => {
    patreon.answer(answer(sample('oauth.token.authorization-code.200')));
    const tokens = await exchangeCode({ ...options(), code: 'c/1', redirectUri: 'https://desk.example/cb' });
    expect(tokens).toMatchObject({
      accessToken: 'EXAMPLE_ACCESS_TOKEN_0000000000000000000000001',
      refreshToken: 'EXAMPLE_REFRESH_TOKEN_000000000000000000000001',
      expiresIn: 2678400,
    });
    expect(tokens.scopes).toContain('identity[email]');
    const [request] = patreon.requests;
    expect(request).toMatchObject({ method: 'POST', rawUrl: '/api/oauth2/token' });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'Patrondesk/test',
    });
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      grant_type: 'authorization_code',
      code: 'c/1',
      redirect_uri: 'https://desk.example/cb',
      client_id: 'client',
      client_secret: SECRET,
    });
  });
});

describe('refreshTokens', () => {
  it('reads the rotated pair of the sample', async () => {
    patreon.answer(answer(sample('oauth.token.refresh.200')));
    expect((await refresh()).refreshToken).toBe('EXAMPLE_REFRESH_TOKEN_000000000000000000000002');
    const form = new URLSearchParams(patreon.requests[0]?.body);
    expect([form.get('grant_type'), form.get('refresh_token')]).toEqual(['refresh_token', REFRESH]);
  });

  it.each([
    [60, 60],
    [1, 1],
    [2678400, 2678400],
    ['3600', 3600],
    [90.7, 90],
    [99999999, 2678400],
    [0, 3600],
    [-30, 3600],
    [null, 3600],
    [undefined, 3600],
    ['soon', 3600],
    [true, 3600],
  ])('takes expires_in %j as %d seconds', async (expiresIn, seconds) => {
    patreon.answer(answer({ access_token: 'a', refresh_token: 'r', expires_in: expiresIn, scope: 'identity' }));
    expect((await refresh()).expiresIn).toBe(seconds);
  });

  it('assumes the scopes held so far and the same refresh token when the answer names none', async () => {
    patreon.answer(answer({ access_token: 'a', expires_in: 100 }));
    expect(await refresh({ scopes: ['campaigns'] })).toMatchObject({ scopes: ['campaigns'], refreshToken: REFRESH });
  });

  it.each([
    ['invalid_grant', true, 401, sample('oauth.token.invalid-grant.401')],
    ['invalid_grant', true, 400, { error: 'invalid_grant' }],
    ['invalid_client', true, 401, sample('oauth.token.invalid-client.401')],
    ['invalid_request', true, 400, { error: 'unsupported_grant_type' }],
    ['unavailable', false, 429, sample('error.429.throttled')],
    ['unavailable', false, 429, { error: 'invalid_grant' }],
    ['unavailable', false, 500, { error: 'invalid_grant' }],
    ['unavailable', false, 401, sample('error.401.unauthorized')],
    ['unavailable', false, 404, {}],
    ['blocked', false, 403, { error: 'invalid_grant' }],
  ])('answers %s (permanent: %s) to status %d', async (kind, permanent, status, body) => {
    patreon.answer(answer(body, status));
    expect(await failureOf(refresh())).toMatchObject({ kind, permanent, status });
    expect(patreon.requests).toHaveLength(1);
  });

  it.each([
    ['unavailable', 200],
    ['unavailable', 401],
    ['unavailable', 502],
    ['blocked', 403],
  ])('is %s when a page comes with status %d', async (kind, status) => {
    patreon.answer({ status, body: '<html>{"error":"invalid_grant"}</html>' });
    expect((await failureOf(refresh())).kind).toBe(kind);
  });

  it('tells how long to wait when throttled', async () => {
    patreon.answer(answer(sample('error.429.throttled'), 429));
    expect((await failureOf(refresh())).retryAfterSeconds).toBe(9);
  });

  it.each([
    ['a time-out', { fault: 'hang' }, true],
    ['a broken connection', { fault: 'reset' }, true],
    ['a server error', answer({}, 500), true],
    ['an answer without tokens', answer({ access_token: '' }), true],
    ['a token that no header can carry', answer({ access_token: 'a\nb', refresh_token: 'r' }), true],
    ['throttling', answer({}, 429), false],
    ['a dead grant', answer({ error: 'invalid_grant' }, 401), false],
  ] as [string, ScriptedAnswer, boolean][])(
    'after %s knows whether the pair may have rotated',
    async (_, given, unknown) => {
      patreon.answer(given);
      expect((await failureOf(refresh({ timeoutMs: 1_000 }))).outcomeUnknown).toBe(unknown);
      expect(patreon.requests).toHaveLength(1);
    },
  );

  it('knows that nothing rotated when the server was never reached', async () => {
    await patreon.close();
    expect(await failureOf(refresh())).toMatchObject({ kind: 'unavailable', outcomeUnknown: false });
  });

  it('never repeats secrets in its errors', async () => {
    patreon.answer(answer({ error: `bad ${SECRET} ${REFRESH}` }, 400), { status: 500, body: `${SECRET} ${REFRESH}` });
    for (const error of [await failureOf(refresh()), await failureOf(refresh())]) {
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toMatch(/client-secret|refresh-token-v/);
    }
  });
});
