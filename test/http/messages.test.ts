import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';

const SAVED = 'Your account was saved.';

describe('the message after a form', () => {
  let panel: TestApp;
  let person: SignedInVisitor;
  let cookie: string;

  beforeAll(async () => {
    panel = await startTestApp();
    person = await panel.signInAs('viewer');
    const sent = await person.get('/account/').expect(200);
    cookie = sent.headers['set-cookie']?.[0]?.split(';')[0] as string;
    await panel.context.knex.raw(`
      create function store_slowly() returns trigger language plpgsql as 'begin perform pg_sleep(0.3); return new; end';
      create trigger store_slowly before update of sess on sessions for each row execute function store_slowly()`);
  });
  afterAll(() => panel.close());

  const change = async () => {
    const body = new URLSearchParams({ _csrf: await person.csrf(), name: 'Ida', locale: 'en', theme: 'dark' });
    const headers = { cookie, origin: panel.url };
    return fetch(`${panel.url}/account/`, { method: 'POST', redirect: 'manual', headers, body });
  };
  const page = async () => (await fetch(`${panel.url}/account/`, { headers: { cookie } })).text();

  it('waits for the page when a fragment is asked for in between', async () => {
    await change();
    const quiet = await fetch(`${panel.url}/patreon/members/`, { headers: { cookie, 'HX-Request': 'true' } });
    expect(await quiet.text()).not.toContain('<html');
    expect(await page()).toContain(SAVED);
  });

  it('is on the very next page, also when the browser comes before the answer has ended', async () => {
    const answer = await change();
    expect(answer.status).toBe(303);
    expect(await page()).toContain(SAVED);
    expect(await page()).not.toContain(SAVED);
  });
});
