import { startTestApp, type TestApp } from '../support/app';
import { readPage } from '../support/page';

let panel: TestApp;
beforeAll(async () => {
  panel = await startTestApp();
  await panel.context.knex('patreon_credentials').insert({
    campaign_name: 'Lantern Harbour',
    client_id: 'client',
    redirect_uri: `${panel.url}/patreon/oauth/callback/`,
    state: 'reconnect_needed',
  });
});
afterAll(() => panel.close());

const JSON_ONLY = { accept: 'application/json' };

describe('/patreon/api/status/', () => {
  it('answers as JSON what the contract names, to every role', async () => {
    const viewer = await panel.signInAs('viewer');
    const { body } = await viewer.get('/patreon/api/status/', JSON_ONLY).expect(200);
    expect(Object.keys(body)).toEqual([
      'connected',
      'connections',
      'requests',
      'counts',
      'last_sync',
      'webhooks',
      'problems',
    ]);
    expect(body.connected).toBe(false);
    expect(body.connections).toEqual([
      {
        id: expect.any(Number),
        name: 'Lantern Harbour',
        state: 'reconnect_needed',
        scopes: [],
        token: { valid: false, expires_at: null },
      },
    ]);
    expect(Object.keys(body.requests).sort()).toEqual([
      'daily_budget',
      'hourly_budget',
      'last_429_at',
      'used_day',
      'used_hour',
      'waiting_until',
    ]);
    expect(body.counts).toEqual({ campaigns: 0, tiers: 0, members: 0, posts: 0 });
    expect(body.problems).toMatchObject([
      { code: 'reconnect_needed', fix_url: expect.stringMatching(/^\/patreon\/oauth\//) },
    ]);
  });

  it('answers a stranger who asks for JSON with an error document', async () => {
    const { body } = await panel.visitor().get('/patreon/api/status/', JSON_ONLY).expect(401);
    expect(body.errors).toMatchObject([{ status: '401', code: 'not_signed_in' }]);
  });
});

describe.each(['/patreon/', '/patreon/api/status/'])('the problems on %s', (address) => {
  it('lead an owner to where they are put right', async () => {
    const owner = await panel.signInAs('owner');
    const page = await owner.get(address).expect(200);
    expect(page.text).toMatch(/data-problem="reconnect_needed"[\s\S]*?href="\/patreon\/oauth\/authorize\//);
  });

  it('are told to a viewer without a link that would be refused', async () => {
    const viewer = await panel.signInAs('viewer');
    const { text } = await viewer.get(address).expect(200);
    expect(readPage(text).text).toContain('no longer accepts our access for “Lantern Harbour”');
    expect(text).not.toContain('/patreon/oauth/');
  });
});
