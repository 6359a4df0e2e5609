import { PatreonCredential } from '../../src/apps/connections/patreon-credential.model';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { readPage } from '../support/page';
import { sandboxControl } from '../support/sandbox-control';
import { CLIENT, dump, forgetConnections, insertConnection, insertCredential } from './connection-fixtures';

const LIST = '/admin/patreon/patreoncredential/';
const ADD = `${LIST}add/`;

let sandbox: Sandbox;
let control: ReturnType<typeof sandboxControl>;
let panel: TestApp;
let owner: SignedInVisitor;
beforeAll(async () => {
  sandbox = await startSandbox({ campaigns: [{ members: 12 }], limits: null });
  control = sandboxControl(sandbox);
  panel = await startTestApp({ patreonBaseUrl: sandbox.url });
  owner = await panel.signInAs('owner');
});
afterAll(async () => {
  await panel.close();
  await sandbox.close();
});
beforeEach(async () => {
  await control.reset();
  await forgetConnections(panel.context);
});

const filled = (fields: Record<string, string> = {}) => ({
  client_id: CLIENT.id,
  client_secret: CLIENT.secret,
  campaign_name: 'Quill Workshop',
  redirect_uri: `${panel.url}/patreon/oauth/callback/`,
  creator_access_token: '',
  creator_refresh_token: '',
  ...fields,
});
const change = (id: number) => `${LIST}${id}/change/`;
const all = () => PatreonCredential.listAll(panel.context.knex);
const stored = async (id: number) => PatreonCredential.get(id, panel.context.knex);
const pasted = async (body: object = {}) => {
  const { access_token, refresh_token } = await control.mint(body);
  return { creator_access_token: access_token, creator_refresh_token: refresh_token };
};

describe('adding a credential', () => {
  it('proposes the callback of this panel', async () => {
    const page = readPage((await owner.get(ADD)).text);
    expect(page.values().redirect_uri).toBe(`${panel.url}/patreon/oauth/callback/`);
  });

  it('stores it and leads to its page, where it can be connected', async () => {
    const answer = await owner.postForm(ADD, filled());
    expect(answer.status).toBe(303);
    const [credential] = await all();
    expect(answer.headers.location).toBe(change(credential?.id ?? 0));
    expect(credential).toMatchObject({
      client_id: CLIENT.id,
      campaign_name: 'Quill Workshop',
      state: 'not_connected',
      source: 'panel',
    });
    const list = readPage((await owner.get(LIST)).text);
    expect(list.rows('credentials').map((row) => row.attributes['data-state'])).toEqual(['not_connected']);
  });

  it.each([
    ['client_id', ''],
    ['client_id', 'two words'],
    ['client_secret', ''],
    ['client_secret', 'with\u0000nul'],
    ['campaign_name', ' '],
    ['campaign_name', 'x'.repeat(201)],
    ['redirect_uri', 'javascript:alert(1)'],
    ['redirect_uri', 'https://panel.example/elsewhere/'],
    ['redirect_uri', 'https://panel.example/patreon/oauth/callback/?next=1'],
    ['redirect_uri', 'not an address'],
  ])('refuses %s %j, says so beside it and stores nothing', async (name, value) => {
    const answer = await owner.postForm(ADD, filled({ [name]: value }));
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(`id="field-${name}-error"`);
    expect(await all()).toEqual([]);
  });

  it('says everything that an empty form lacks at once', async () => {
    const answer = await owner.postForm(ADD);
    expect(answer.status).toBe(422);
    for (const name of ['client_id', 'client_secret', 'campaign_name', 'redirect_uri'])
      expect(answer.text).toContain(`id="field-${name}-error"`);
  });

  it.each([
    'https://panel.example/patreon/oauth/callback/',
    'http://127.0.0.1:3000/patreon/oauth/callback',
    'https://panel.example/api/auth/patreon/callback',
  ])('takes %s as a callback', async (redirect_uri) => {
    expect((await owner.postForm(ADD, filled({ redirect_uri }))).status).toBe(303);
  });

  it('wants both tokens or neither', async () => {
    const tokens = await pasted();
    const half = await owner.postForm(ADD, filled({ creator_access_token: tokens.creator_access_token }));
    expect(half.status).toBe(422);
    expect(half.text).toContain('id="field-creator_refresh_token-error"');
    expect(half.text).not.toContain(tokens.creator_access_token);
  });

  it('never writes a secret back into a page', async () => {
    const tokens = await pasted();
    const secrets = [CLIENT.secret, ...Object.values(tokens)];
    const refused = await owner.postForm(ADD, filled({ ...tokens, redirect_uri: 'no' }));
    await owner.postForm(ADD, filled(tokens));
    const [credential] = await all();
    const addresses = [
      LIST,
      ADD,
      change(credential?.id ?? 0),
      `${LIST}${credential?.id}/delete/`,
      '/patreon/oauth/authorize/',
      '/patreon/api/status/',
    ];
    const pages = [refused, ...(await Promise.all(addresses.map((address) => owner.get(address))))];
    expect(pages.map(({ status }) => status)).toEqual([422, 200, 200, 200, 200, 200, 200]);
    for (const { text } of pages) for (const secret of secrets) expect(text).not.toContain(secret);
  });
});

describe('the creator’s tokens', () => {
  it('are tried, connect at once and lead to the first sync', async () => {
    const answer = await owner.postForm(ADD, filled(await pasted()));
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toMatch(/^\/patreon\/sync\/\d+\/$/);
    const [credential] = await all();
    expect(credential).toMatchObject({ state: 'connected', token_expires_at: null });
    expect(credential?.scopes).toEqual(
      expect.arrayContaining(['campaigns.members[email]', 'campaigns.members.address', 'campaigns.posts']),
    );
    expect(await PatreonCredential.campaigns(panel.context.knex)).toHaveLength(1);
  });

  it('are tried for what they may not read', async () => {
    const scopes = ['identity', 'identity[email]', 'campaigns', 'campaigns.members'];
    await owner.postForm(ADD, filled(await pasted({ scopes })));
    const [credential] = await all();
    expect(credential?.scopes).toEqual([...scopes, 'w:campaigns.webhook']);
    const page = await owner.get(change(credential?.id ?? 0));
    expect(page.text).toContain('data-missing-scopes');
    expect(readPage(page.text).text).toContain('campaigns.posts');
  });

  it('are refused at their field when Patreon does not know them', async () => {
    const tokens = { creator_access_token: 'invented', creator_refresh_token: 'invented-too' };
    const answer = await owner.postForm(ADD, filled(tokens));
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('id="field-creator_access_token-error"');
    expect(answer.text).not.toContain('invented');
    expect(await all()).toEqual([]);
  });

  it('are refused for a campaign that another credential reads', async () => {
    await owner.postForm(ADD, filled(await pasted()));
    const answer = await owner.postForm(ADD, filled({ ...(await pasted()), campaign_name: 'Again' }));
    expect(answer.status).toBe(422);
    expect(readPage(answer.text).text).toContain('read through another credential');
    expect(await all()).toHaveLength(1);
  });

  it('keep the form when Patreon is out of order', async () => {
    await control.fault({ match: 'GET /api/oauth2/v2/identity', kind: 'html', times: null });
    const answer = await owner.postForm(ADD, filled({ ...(await pasted()), campaign_name: 'Kept' }));
    expect(answer.status).toBe(422);
    expect(readPage(answer.text).values().campaign_name).toBe('Kept');
    expect(await all()).toEqual([]);
  }, 60_000);
});

describe('changing a credential', () => {
  it('keeps the stored secret when the field is empty', async () => {
    const { id, client_secret } = await insertCredential(panel.context);
    const page = await owner.get(change(id));
    expect(page.text).toContain('Stored. Leave empty to keep it.');
    await owner.postForm(change(id), filled({ client_secret: '', campaign_name: 'Renamed' }));
    expect(await stored(id)).toMatchObject({ campaign_name: 'Renamed', client_secret });
  });

  it('replaces the stored secret when a new one is given', async () => {
    const { id, client_secret } = await insertCredential(panel.context);
    await owner.postForm(change(id), filled({ client_secret: 'another-secret' }));
    const after = await stored(id);
    expect(after.client_secret).not.toBe(client_secret);
    expect(panel.context.secrets.open(after.client_secret ?? '', `patreon_credentials|client_secret|${id}`)).toBe(
      'another-secret',
    );
  });

  it('wants the secret of a new client, and drops the tokens of the old one', async () => {
    const { id } = await insertConnection(panel.context, await control.mint());
    const without = await owner.postForm(change(id), filled({ client_id: 'other-client', client_secret: '' }));
    expect(without.status).toBe(422);
    await owner.postForm(change(id), filled({ client_id: 'other-client', client_secret: 'other-secret' }));
    expect(await stored(id)).toMatchObject({
      client_id: 'other-client',
      state: 'not_connected',
      access_token: null,
      refresh_token: null,
    });
  });

  it('lets a corrected secret mend a connection that failed for it', async () => {
    const { id } = await insertConnection(panel.context, await control.mint());
    await PatreonCredential.query(panel.context.knex)
      .findById(id)
      .patch({ state: 'reconnect_needed', last_error: 'client_refused' });
    await owner.postForm(change(id), filled());
    expect(await stored(id)).toMatchObject({ state: 'connected', last_error: null });
  });

  it('leaves the credential of the environment alone and says why', async () => {
    const { id } = await insertCredential(panel.context, { source: 'environment' });
    const page = await owner.get(change(id));
    expect(page.text).toContain('PATREON_CLIENT_ID');
    expect(page.text).not.toContain('name="client_secret"');
    expect((await owner.postForm(change(id), filled())).status).toBe(409);
    expect((await owner.postForm(`${LIST}${id}/delete/`, { confirm: 'Quill Workshop' })).status).toBe(409);
    expect(await all()).toHaveLength(1);
  });
});

describe('deleting a credential', () => {
  it('asks for the name and says what is removed and what stays', async () => {
    const { id } = await insertCredential(panel.context);
    const page = readPage((await owner.get(`${LIST}${id}/delete/`)).text);
    expect(page.text).toContain('What is removed');
    expect(page.text).toContain('What stays');
    const wrong = await owner.postForm(`${LIST}${id}/delete/`, { confirm: 'quill' });
    expect(wrong.status).toBe(422);
    expect(await all()).toHaveLength(1);
    const right = await owner.postForm(`${LIST}${id}/delete/`, { confirm: 'Quill Workshop' });
    expect([right.status, right.headers.location]).toEqual([303, LIST]);
    expect(await all()).toEqual([]);
  });

  it('keeps the campaigns that were mirrored through it', async () => {
    const { knex } = panel.context;
    const { id } = await insertCredential(panel.context);
    await knex('patreon_campaigns').insert({ credential_id: id, patreon_id: '9000001', read_seq: 1 });
    await owner.postForm(`${LIST}${id}/delete/`, { confirm: 'Quill Workshop' });
    expect(await knex('patreon_campaigns').first('patreon_id', 'credential_id')).toEqual({
      patreon_id: '9000001',
      credential_id: null,
    });
  });
});

describe('disconnecting', () => {
  it('erases the tokens here, keeps the mirror and tells where to revoke', async () => {
    const { knex } = panel.context;
    const { id } = await insertConnection(panel.context, await control.mint());
    await knex('patreon_campaigns').insert({ credential_id: id, patreon_id: '9000001', read_seq: 1 });
    const answer = await owner.postForm(`${LIST}${id}/disconnect/`);
    expect(answer.status).toBe(303);
    expect(await stored(id)).toMatchObject({
      state: 'disconnected',
      access_token: null,
      refresh_token: null,
      token_expires_at: null,
    });
    expect(await knex('patreon_campaigns').first('credential_id')).toEqual({ credential_id: id });
    const page = readPage((await owner.get(answer.headers.location as string)).text);
    expect(page.text).toContain('Connected apps');
    const entry = await knex('audit_entries')
      .where({ action: 'credential.disconnected', subject_id: String(id) })
      .first('actor');
    expect(entry).toEqual({ actor: `staff:${owner.staff.id}` });
  });

  it('frees the campaign for another credential', async () => {
    await owner.postForm(ADD, filled(await pasted()));
    const [first] = await all();
    await owner.postForm(`${LIST}${first?.id}/disconnect/`);
    expect((await owner.postForm(ADD, filled(await pasted()))).status).toBe(303);
    expect((await all()).map(({ state }) => state)).toEqual(['disconnected', 'connected']);
  });
});

describe('who may', () => {
  it.each(['manager', 'editor', 'viewer'] as const)('a %s may not even look', async (role) => {
    const { id } = await insertCredential(panel.context);
    const visitor = await panel.signInAs(role);
    for (const address of [LIST, ADD, change(id), `${LIST}${id}/delete/`, '/patreon/oauth/authorize/']) {
      expect([address, (await visitor.get(address)).status]).toEqual([address, 403]);
    }
    expect((await visitor.postForm(ADD, filled())).status).toBe(403);
    expect((await visitor.postForm(`${LIST}${id}/disconnect/`)).status).toBe(403);
  });

  it('answers unknown and impossible ids with 404', async () => {
    for (const id of ['999999', 'abc', '0', '-1', '1e3'])
      expect((await owner.get(`${LIST}${id}/change/`)).status).toBe(404);
  });
});

describe('what is stored', () => {
  it('holds no token and no secret in the clear', async () => {
    const tokens = await pasted();
    await owner.postForm(ADD, filled(tokens));
    const text = await dump(panel.context);
    for (const secret of [CLIENT.secret, ...Object.values(tokens)]) expect(text).not.toContain(secret);
  });

  it('writes no secret into the audit log', async () => {
    const tokens = await pasted();
    await owner.postForm(ADD, filled(tokens));
    const { rows } = await panel.context.knex.raw('select string_agg(a::text, chr(10)) as dump from audit_entries a');
    for (const secret of [CLIENT.secret, ...Object.values(tokens)]) expect(rows[0].dump).not.toContain(secret);
  });
});
