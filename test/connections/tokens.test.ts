import { connectionProblems, connectionStatuses } from '../../src/apps/connections/connection-status.service';
import { patreonClientFor } from '../../src/apps/connections/patreon-client.service';
import { PatreonCredential } from '../../src/apps/connections/patreon-credential.model';
import { accessToken, refreshDueTokens, renewAfterUnauthorized } from '../../src/apps/connections/token.service';
import type { Context } from '../../src/context';
import { createSecretBox } from '../../src/lib/secret-box';
import type { PatreonError } from '../../src/patreon/patreon-error';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { startTestApp, type TestApp } from '../support/app';
import { sandboxControl } from '../support/sandbox-control';
import { forgetConnections, insertConnection } from './connection-fixtures';

const TOKEN = 'POST /api/oauth2/token';
/** What the tests say Patreon said; the sandbox's own clock stands still beside it. */
const LIFETIME = 1_000;

let now = Date.now();
const clock = { now: () => new Date(now) };
let sandbox: Sandbox;
let control: ReturnType<typeof sandboxControl>;
let panels: TestApp[];
let context: Context;
beforeAll(async () => {
  sandbox = await startSandbox({ campaigns: [{ members: 8 }], limits: null, expiresIn: LIFETIME });
  control = sandboxControl(sandbox);
  const first = await startTestApp({ patreonBaseUrl: sandbox.url, clock });
  const beside = () => startTestApp({ patreonBaseUrl: sandbox.url, clock, databaseUrl: first.databaseUrl });
  panels = [first, await beside(), await beside()];
  context = first.context;
});
afterAll(async () => {
  for (const panel of [...panels].reverse()) await panel.close();
  await sandbox.close();
});
beforeEach(async () => {
  now = Date.now();
  await control.reset();
  await forgetConnections(context);
});

const stored = (id: number) => PatreonCredential.get(id, context.knex);
const connected = async (options: Parameters<typeof insertConnection>[2] = {}) =>
  insertConnection(context, await control.mint(), { expiresIn: LIFETIME, ...options });
const afterShare = (share: number) => {
  now += share * LIFETIME * 1000;
};
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const kindOf = async (promise: Promise<unknown>) => ((await failure(promise)) as PatreonError | undefined)?.kind;
/** What a process leaves that died between Patreon's answer and our commit. */
const dieInTheMiddle = (id: number) =>
  context
    .knex('patreon_credentials')
    .where({ id })
    .update({ refresh_started_at: context.knex.raw(`now() - interval '1 minute'`) });

describe('a token', () => {
  it('is used as it is for the first half of its life', async () => {
    const { id } = await connected();
    const first = await accessToken(context, id);
    afterShare(0.5);
    expect(await accessToken(context, id)).toBe(first);
    expect(await control.tokenRequests()).toEqual([]);
  });

  it('is renewed before three quarters of its life are over, and stored before it is used', async () => {
    const { id } = await connected();
    const first = await accessToken(context, id);
    afterShare(0.75);
    const second = await accessToken(context, id);
    expect(second).not.toBe(first);
    expect(await stored(id)).toMatchObject({ token_version: 2, state: 'connected', refresh_started_at: null });
    expect(await accessToken(panels[1]?.context as Context, id)).toBe(second);
    expect(await control.tokenRequests()).toHaveLength(1);
  });

  it('that lives for seconds is renewed in time as well', async () => {
    const { id } = await connected({ expiresIn: 10 });
    now += 7_000;
    await accessToken(context, id);
    expect((await stored(id)).token_version).toBe(2);
  });

  it('whose life is unknown is used for days and renewed within a week', async () => {
    const { id } = await connected();
    await PatreonCredential.query(context.knex).findById(id).patch({ token_expires_at: null });
    now += 3 * 24 * 3_600_000;
    await accessToken(context, id);
    expect((await stored(id)).token_version).toBe(1);
    now += 2 * 24 * 3_600_000;
    await accessToken(context, id);
    expect((await stored(id)).token_version).toBe(2);
  });

  it('is renewed by the job for every connection that is due', async () => {
    const { id } = await connected();
    expect(await refreshDueTokens(context)).toMatchObject({ checked: 1, renewed: 0 });
    afterShare(0.7);
    expect(await refreshDueTokens(context)).toMatchObject({ checked: 1, renewed: 1 });
    expect((await stored(id)).token_version).toBe(2);
  });
});

describe('many callers at the moment of expiry', () => {
  it.each([1, 2, 3, 4, 5])('make one token request between them (round %#)', async () => {
    const { id } = await connected();
    afterShare(1.1);
    const calls = panels.flatMap((panel) => Array.from({ length: 10 }, () => accessToken(panel.context, id)));
    const tokens = new Set(await Promise.all(calls));
    expect(tokens.size).toBe(1);
    expect((await control.tokenRequests()).map(({ status }) => status)).toEqual([200]);
    expect(await stored(id)).toMatchObject({ state: 'connected', token_version: 2 });
  });

  it('hear once that the grant is gone', async () => {
    const tokens = await control.mint();
    const { id } = await insertConnection(context, tokens, { expiresIn: LIFETIME });
    await control.revoke(tokens.access_token);
    afterShare(1.1);
    const calls = panels.flatMap((panel) => Array.from({ length: 10 }, () => kindOf(accessToken(panel.context, id))));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['unauthorized']));
    expect(await control.tokenRequests()).toHaveLength(1);
    expect(await stored(id)).toMatchObject({
      state: 'reconnect_needed',
      last_error: 'grant_refused',
      token_version: 1,
    });
  });
});

describe('trouble at the token endpoint', () => {
  it.each([
    ['429', { kind: '429', retry_after_seconds: 30 }],
    ['500', { kind: '500' }],
    ['503', { kind: '503' }],
    ['a page', { kind: 'html' }],
  ])('%s leaves the token in use and is not repeated at once', async (_case, fault) => {
    const { id } = await connected();
    await control.fault({ match: TOKEN, times: null, ...fault });
    const first = await accessToken(context, id);
    afterShare(0.7);
    for (let i = 0; i < 5; i++) expect(await accessToken(context, id)).toBe(first);
    expect(await control.tokenRequests()).toHaveLength(1);
    expect(await stored(id)).toMatchObject({ state: 'connected', token_version: 1 });
    await control.reset();
    now += 61_000;
    expect(await accessToken(context, id)).not.toBe(first);
  });

  it('with an expired token says that it is temporary, and heals by itself', async () => {
    const { id } = await connected();
    await control.fault({ match: TOKEN, kind: '503', times: null });
    afterShare(1.1);
    expect(await kindOf(accessToken(context, id))).toBe('unavailable');
    expect(await kindOf(accessToken(context, id))).toBe('unavailable');
    expect(await control.tokenRequests()).toHaveLength(1);
    await control.reset();
    now += 3_000;
    await accessToken(context, id);
    expect(await stored(id)).toMatchObject({ state: 'connected', token_version: 2, last_error: null });
  });

  it('with the client secret keeps a working token and tells why', async () => {
    const { id } = await connected();
    const wrong = context.secrets.seal('wrong', `patreon_credentials|client_secret|${id}`);
    await PatreonCredential.query(context.knex).findById(id).patch({ client_secret: wrong });
    afterShare(0.7);
    await accessToken(context, id);
    expect(await stored(id)).toMatchObject({ state: 'connected', last_error: 'client_refused' });
  });

  it('that loses the answer makes the outcome unknown, and the next refusal settles it', async () => {
    const { id } = await connected();
    await control.fault({ match: TOKEN, kind: 'disconnect', times: 1 });
    const first = await accessToken(context, id);
    afterShare(0.7);
    expect(await accessToken(context, id)).toBe(first);
    expect(await stored(id)).toMatchObject({ state: 'refresh_unknown', last_error: 'refresh_interrupted' });
    now += 10 * 60_000 * 0.1;
    expect(await accessToken(context, id)).toBe(first);
    expect(await control.tokenRequests()).toHaveLength(1);
    now += 120_000;
    expect(await renewAfterUnauthorized(context, id, 1)).toBe(true);
    expect(await stored(id)).toMatchObject({ state: 'connected', token_version: 2, last_error: null });
  });
});

describe('a process that died in the middle of a refresh', () => {
  it('is noticed by whoever looks next, and the old token stays in use', async () => {
    const { id } = await connected();
    const first = await accessToken(context, id);
    await dieInTheMiddle(id);
    const [status] = await connectionStatuses(panels[1]?.context as Context);
    expect(status).toMatchObject({ state: 'refresh_unknown', token: { valid: true } });
    expect((await connectionProblems(context)).map(({ code }) => code)).toContain('refresh_unknown');
    afterShare(0.7);
    expect(await accessToken(context, id)).toBe(first);
    expect(await control.tokenRequests()).toEqual([]);
  });

  it('is noticed by the reads and by the job', async () => {
    const { id } = await connected();
    await dieInTheMiddle(id);
    await accessToken(context, id);
    expect((await stored(id)).state).toBe('refresh_unknown');
    await PatreonCredential.query(context.knex).findById(id).patch({ state: 'connected' });
    await dieInTheMiddle(id);
    expect(await refreshDueTokens(context)).toMatchObject({ interrupted: 1 });
  });

  it('queues the look ahead of every refresh, so that a dead process is noticed within a minute', async () => {
    const { id } = await connected();
    await context.knex('graphile_worker._private_jobs').delete();
    afterShare(0.7);
    await accessToken(context, id);
    const { rows } = await context.knex.raw(
      `select task_identifier, extract(epoch from run_at) as at from graphile_worker.jobs`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].task_identifier).toBe('refresh-tokens');
    expect(Number(rows[0].at) * 1000 - now).toBeLessThanOrEqual(60_000);
  });

  it('is settled when the token expires: the pair was not replaced', async () => {
    const { id } = await connected();
    await dieInTheMiddle(id);
    await accessToken(context, id);
    afterShare(1.1);
    await accessToken(context, id);
    expect(await stored(id)).toMatchObject({ state: 'connected', token_version: 2 });
  });

  it('is settled by Patreon’s refusal: the pair was replaced', async () => {
    const tokens = await control.mint();
    const { id } = await insertConnection(context, tokens, { expiresIn: LIFETIME });
    await control.revoke(tokens.access_token);
    await dieInTheMiddle(id);
    const client = await patreonClientFor(context, id);
    expect(await kindOf(client.getIdentity())).toBe('unauthorized');
    expect(await stored(id)).toMatchObject({ state: 'reconnect_needed', last_error: 'grant_refused' });
  });

  it('does not stop a refresh that another process has under way', async () => {
    const { id } = await connected();
    await context.knex('patreon_credentials').where({ id }).update({ refresh_started_at: context.knex.fn.now() });
    afterShare(0.7);
    await accessToken(context, id);
    expect(await stored(id)).toMatchObject({ state: 'connected', token_version: 1 });
    expect(await control.tokenRequests()).toEqual([]);
  });
});

describe('a 401 of the API', () => {
  it('is answered with one refresh and the same read again', async () => {
    const { id } = await connected();
    const client = await patreonClientFor(context, id);
    await client.getIdentity();
    // Patreon renews a creator's token when the creator opens the client's page.
    await control.settings({ expires_in: LIFETIME });
    const credential = await stored(id);
    const stale = context.secrets.seal('stale', `patreon_credentials|access_token|${id}`);
    await PatreonCredential.query(context.knex).findById(id).patch({ access_token: stale });
    const { items } = await client.listCampaigns();
    expect(items).toHaveLength(1);
    expect((await stored(id)).token_version).toBe(credential.token_version + 1);
    expect(await control.tokenRequests()).toHaveLength(1);
  });

  it('with a dead grant ends in reconnect_needed after one refresh, and then Patreon is left alone', async () => {
    const tokens = await control.mint();
    const { id } = await insertConnection(context, tokens, { expiresIn: LIFETIME });
    const client = await patreonClientFor(context, id);
    await control.revoke(tokens.access_token);
    await control.reset();
    const errors = jest.spyOn(context.log, 'error');
    const warnings = jest.spyOn(context.log, 'warn');
    for (let i = 0; i < 5; i++) expect(await kindOf(client.listMembers('1'))).toBe('unauthorized');
    expect(errors.mock.calls.map(([, text]) => text)).toEqual(['Patreon has to be connected again']);
    expect(warnings).not.toHaveBeenCalled();
    for (const spy of [errors, warnings]) spy.mockRestore();
    expect((await control.requests()).filter(({ path }) => path.startsWith('/api/'))).toHaveLength(2);
    expect((await stored(id)).state).toBe('reconnect_needed');
    const problems = await connectionProblems(context);
    expect(problems).toEqual([
      expect.objectContaining({ code: 'reconnect_needed', fix_url: `/patreon/oauth/authorize/?credential=${id}` }),
    ]);
  });

  it('that stays after the refresh ends in reconnect_needed', async () => {
    const tokens = await control.mint({ scopes: ['identity', 'campaigns', 'campaigns.members'] });
    // Recorded as granted, which it is not.
    const { id } = await insertConnection(context, tokens, { expiresIn: LIFETIME });
    const client = await patreonClientFor(context, id);
    expect(await kindOf(client.listPosts('10000001'))).toBe('unauthorized');
    expect(await control.tokenRequests()).toHaveLength(1);
    expect(await stored(id)).toMatchObject({ state: 'reconnect_needed', last_error: 'refused_after_renewal' });
  });

  it('while another process has renewed the token already is answered with the newer one', async () => {
    const { id } = await connected();
    expect(await renewAfterUnauthorized(context, id, 1)).toBe(true);
    expect(await renewAfterUnauthorized(panels[1]?.context as Context, id, 1)).toBe(true);
    expect(await control.tokenRequests()).toHaveLength(1);
  });

  it('does not come from what was not granted, because that is not asked for', async () => {
    const scopes = ['identity', 'campaigns', 'campaigns.members'];
    const { id } = await insertConnection(context, await control.mint({ scopes }), { scopes });
    const client = await patreonClientFor(context, id);
    const [campaign] = (await client.listCampaigns()).items;
    expect((await client.listMembers(campaign?.id ?? '')).items).toHaveLength(8);
    expect(await kindOf(client.listPosts(campaign?.id ?? ''))).toBe('forbidden');
    expect((await control.requests()).every(({ status }) => status === 200)).toBe(true);
    expect(await connectionProblems(context)).toEqual([
      expect.objectContaining({
        code: 'missing_scope',
        vars: expect.objectContaining({ scopes: expect.stringContaining('campaigns.posts') }),
      }),
    ]);
  });
});

describe('what cannot be opened', () => {
  const places = ['access_token', 'refresh_token'] as const;

  it.each(places)('a changed bit in %s fails closed', async (column) => {
    const { id, ...credential } = await connected();
    const sealed = credential[column] ?? '';
    // Not the last one: of that character some bits mean nothing.
    const flipped = sealed.slice(0, -6) + (sealed.at(-6) === 'A' ? 'B' : 'A') + sealed.slice(-5);
    await PatreonCredential.query(context.knex)
      .findById(id)
      .patch({ [column]: flipped });
    afterShare(0.7);
    if (column === 'access_token')
      await PatreonCredential.query(context.knex).findById(id).patch({ token_expires_at: null });
    expect(await kindOf(accessToken(context, id))).toBe('unauthorized');
    expect(await stored(id)).toMatchObject({ state: 'reconnect_needed', last_error: 'secret_unreadable' });
    expect(await control.tokenRequests()).toEqual([]);
  });

  it('tokens that were swapped between two rows fail closed', async () => {
    const [one, other] = [await connected(), await connected()];
    const swap = (id: number, { access_token, refresh_token }: PatreonCredential) =>
      PatreonCredential.query(context.knex).findById(id).patch({ access_token, refresh_token });
    await swap(one.id, other);
    await swap(other.id, one);
    for (const { id } of [one, other]) {
      expect(await kindOf(accessToken(context, id))).toBe('unauthorized');
      expect((await stored(id)).state).toBe('reconnect_needed');
    }
  });

  it('another encryption key fails closed', async () => {
    const { id } = await connected();
    const secrets = createSecretBox([{ id: 'test', key: Buffer.alloc(32, 9) }]);
    expect(await kindOf(accessToken({ ...context, secrets }, id))).toBe('unauthorized');
    expect(await stored(id)).toMatchObject({ state: 'reconnect_needed', last_error: 'secret_unreadable' });
  });

  it('a newer key in front keeps what the older one sealed readable', async () => {
    const { id } = await connected();
    const [older] = context.config.secrets.encryptionKeys;
    const secrets = createSecretBox([{ id: 'newer', key: Buffer.alloc(32, 9) }, ...(older ? [older] : [])]);
    expect(await accessToken({ ...context, secrets }, id)).toBe(await accessToken(context, id));
  });
});

describe('the state of the connections', () => {
  it('starts with nothing connected', async () => {
    expect(await connectionProblems(context)).toEqual([
      { code: 'no_connection', vars: {}, fix_url: '/admin/patreon/patreoncredential/add/' },
    ]);
  });

  it('tells an expired token from a valid one', async () => {
    const { id } = await connected();
    const expires_at = (await stored(id)).token_expires_at;
    expect(await connectionStatuses(context)).toEqual([
      expect.objectContaining({
        id,
        name: 'Quill Workshop',
        state: 'connected',
        missing_scopes: [],
        token: { valid: true, expires_at },
      }),
    ]);
    afterShare(1.1);
    expect(await connectionStatuses(context)).toEqual([
      expect.objectContaining({ token: { valid: false, expires_at } }),
    ]);
  });
});
