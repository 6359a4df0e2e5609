import { ensureEnvironmentCredential } from '../../src/apps/connections/environment-credential.service';
import { patreonClientFor } from '../../src/apps/connections/patreon-client.service';
import { PatreonCredential } from '../../src/apps/connections/patreon-credential.model';
import { accessToken, renewAfterUnauthorized } from '../../src/apps/connections/token.service';
import type { Config } from '../../src/config';
import type { Context } from '../../src/context';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { startTestApp, type TestApp } from '../support/app';
import { sandboxControl } from '../support/sandbox-control';
import { CLIENT, dump, forgetConnections, insertCredential } from './connection-fixtures';

let sandbox: Sandbox;
let control: ReturnType<typeof sandboxControl>;
let panel: TestApp;
beforeAll(async () => {
  sandbox = await startSandbox({ campaigns: [{ members: 4, name: 'Lantern Harbour' }], limits: null });
  control = sandboxControl(sandbox);
  panel = await startTestApp({ patreonBaseUrl: sandbox.url });
});
afterAll(async () => {
  await panel.close();
  await sandbox.close();
});
beforeEach(async () => {
  await control.reset();
  await forgetConnections(panel.context);
});

/** The same database under other settings, as after a restart. */
const restartedWith = (patreon: Partial<Config['patreon']>): Context => ({
  ...panel.context,
  config: { ...panel.context.config, patreon: { ...panel.context.config.patreon, ...patreon } },
});
const client = { clientId: CLIENT.id, clientSecret: CLIENT.secret };
const withPair = async (body: object = {}) => {
  const { access_token: creatorAccessToken, refresh_token: creatorRefreshToken } = await control.mint(body);
  return { ...client, creatorAccessToken, creatorRefreshToken };
};
const stored = (id: number | null) => PatreonCredential.get(id ?? 0, panel.context.knex);

describe('the credential of the environment', () => {
  it('is none while the environment names no client', async () => {
    expect(await ensureEnvironmentCredential(panel.context)).toBeNull();
    expect(await PatreonCredential.listAll(panel.context.knex)).toEqual([]);
  });

  it('waits to be connected when only the client is named', async () => {
    const id = await ensureEnvironmentCredential(restartedWith(client));
    expect(await stored(id)).toMatchObject({
      source: 'environment',
      state: 'not_connected',
      client_id: CLIENT.id,
      redirect_uri: `${panel.url}/patreon/oauth/callback/`,
    });
  });

  it('is connected by a pair, without asking Patreon while the panel starts', async () => {
    const settings = await withPair();
    const id = await ensureEnvironmentCredential(restartedWith(settings));
    expect(await stored(id)).toMatchObject({ state: 'connected', token_version: 1, scopes: [] });
    expect(await accessToken(panel.context, id ?? 0)).toBe(settings.creatorAccessToken);
    expect(await control.requests()).toEqual([]);
    const text = await dump(panel.context);
    for (const secret of [settings.clientSecret, settings.creatorAccessToken, settings.creatorRefreshToken])
      expect(text).not.toContain(secret);
  });

  it('reads with a pair alone, where no client is named', async () => {
    const { creatorAccessToken, creatorRefreshToken } = await withPair();
    const context = restartedWith({ creatorAccessToken, creatorRefreshToken });
    const id = await ensureEnvironmentCredential(context);
    expect(await stored(id)).toMatchObject({ state: 'connected', client_id: '' });
    const client = await patreonClientFor(context, id ?? 0);
    expect((await client.listCampaigns()).items).toHaveLength(1);
  });

  it('learns with the first read whose it is and what it may read', async () => {
    const settings = await withPair({ scopes: ['identity', 'campaigns', 'campaigns.members'] });
    const id = (await ensureEnvironmentCredential(restartedWith(settings))) ?? 0;
    const reader = await patreonClientFor(panel.context, id);
    const [campaign] = (await reader.listCampaigns()).items;
    expect((await reader.listMembers(campaign?.id ?? '')).items).toHaveLength(4);
    const credential = await stored(id);
    expect(credential).toMatchObject({ state: 'connected', campaign_name: 'Lantern Harbour' });
    expect(credential.scopes).toEqual(['identity', 'campaigns', 'campaigns.members', 'w:campaigns.webhook']);
    expect(await control.tokenRequests()).toEqual([]);
  });

  it('is one row, however many processes start at once', async () => {
    const context = restartedWith(await withPair());
    const ids = await Promise.all(Array.from({ length: 5 }, () => ensureEnvironmentCredential(context)));
    expect(new Set(ids).size).toBe(1);
    expect(await PatreonCredential.listAll(panel.context.knex)).toHaveLength(1);
    expect((await stored(ids[0] ?? 0)).token_version).toBe(1);
  });

  it('keeps the rotated pair over a restart with the same settings', async () => {
    const context = restartedWith(await withPair());
    const id = (await ensureEnvironmentCredential(context)) ?? 0;
    expect(await renewAfterUnauthorized(context, id, 1)).toBe(true);
    const before = await stored(id);
    await ensureEnvironmentCredential(context);
    expect(await stored(id)).toEqual(before);
  });

  it('takes a pair that was replaced in the settings', async () => {
    const id = (await ensureEnvironmentCredential(restartedWith(await withPair()))) ?? 0;
    await PatreonCredential.query(panel.context.knex)
      .findById(id)
      .patch({ state: 'reconnect_needed', last_error: 'grant_refused' });
    const settings = await withPair();
    await ensureEnvironmentCredential(restartedWith(settings));
    expect(await stored(id)).toMatchObject({ state: 'connected', last_error: null, token_version: 2 });
    expect(await accessToken(panel.context, id)).toBe(settings.creatorAccessToken);
  });

  it('keeps its connection when only the pair is taken out of the settings', async () => {
    const id = (await ensureEnvironmentCredential(restartedWith(await withPair()))) ?? 0;
    await ensureEnvironmentCredential(restartedWith(client));
    expect(await stored(id)).toMatchObject({ state: 'connected', token_version: 1 });
  });

  it('drops the tokens of another client', async () => {
    const id = (await ensureEnvironmentCredential(restartedWith(await withPair()))) ?? 0;
    await ensureEnvironmentCredential(restartedWith({ clientId: 'other-client', clientSecret: 'other-secret' }));
    expect(await stored(id)).toMatchObject({ client_id: 'other-client', state: 'not_connected', access_token: null });
  });

  it('becomes an ordinary one when the settings no longer name it', async () => {
    const id = (await ensureEnvironmentCredential(restartedWith(await withPair()))) ?? 0;
    expect(await ensureEnvironmentCredential(panel.context)).toBeNull();
    expect(await stored(id)).toMatchObject({ source: 'panel', state: 'connected' });
  });

  it('steps back from a campaign that another credential reads, and tries again once that is gone', async () => {
    const { knex } = panel.context;
    const other = await insertCredential(panel.context);
    const settings = await withPair();
    const context = restartedWith(settings);
    const id = (await ensureEnvironmentCredential(context)) ?? 0;
    const truth = await fetch(`${sandbox.url}/_sandbox/truth/campaigns`).then(
      (answer) => answer.json() as Promise<{ rows: { id: string }[] }>,
    );
    await knex('patreon_credential_campaigns').insert({
      patreon_campaign_id: truth.rows[0]?.id,
      credential_id: other.id,
    });
    await expect(patreonClientFor(context, id)).rejects.toMatchObject({ refusal: 'campaign_taken' });
    expect(await stored(id)).toMatchObject({ state: 'not_connected', last_error: 'campaign_taken' });
    await PatreonCredential.query(knex).deleteById(other.id);
    await ensureEnvironmentCredential(context);
    await patreonClientFor(context, id);
    expect(await stored(id)).toMatchObject({ state: 'connected', last_error: null });
  });
});
