import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';

let panel: TestApp;
let person: SignedInVisitor;
beforeAll(async () => {
  panel = await startTestApp();
  person = await panel.signInAs('owner');
});
afterAll(async () => {
  await panel.close();
});

const theme = async () => (await panel.context.knex('staff').where({ id: person.staff.id }).first()).theme;
const send = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  person.agent
    .post('/account/theme/')
    .set(headers)
    .type('form')
    .send({ theme: 'light', ...fields });

describe('a form', () => {
  beforeEach(async () => {
    await panel.context.knex('staff').where({ id: person.staff.id }).update({ theme: 'dark' });
  });

  it('is accepted with the token of its session', async () => {
    expect((await send({ _csrf: await person.csrf() })).status).toBe(303);
    expect(await theme()).toBe('light');
  });

  it('is accepted with the token in a header, as scripts send it', async () => {
    expect((await send({}, { 'X-CSRF-Token': await person.csrf() })).status).toBe(303);
  });

  it('is refused without a token, with a wrong one, an empty one, several, and another session’s', async () => {
    const other = await panel.visitor().csrf();
    const own = await person.csrf();
    for (const fields of [{}, { _csrf: '' }, { _csrf: 'wrong' }, { _csrf: `${own}x` }, { _csrf: other }]) {
      const answer = await send(fields as Record<string, string>);
      expect(answer.status).toBe(403);
    }
    const twice = await person.agent.post('/account/theme/').type('form').send(`theme=light&_csrf=${own}&_csrf=${own}`);
    expect(twice.status).toBe(403);
    expect(await theme()).toBe('dark');
  });

  it('takes the token from body or header only, never from the address', async () => {
    const token = await person.csrf();
    const answer = await person.agent.post(`/account/theme/?_csrf=${token}`).type('form').send({ theme: 'light' });
    expect(answer.status).toBe(403);
  });

  it.each([
    [{ 'Sec-Fetch-Site': 'cross-site' }],
    [{ 'Sec-Fetch-Site': 'same-site' }],
    [{ Origin: 'https://evil.test' }],
    [{ Origin: 'null' }],
    [{ Referer: 'https://evil.test/page' }],
    [{ 'Sec-Fetch-Site': 'cross-site', Origin: 'OWN' }],
  ])('is refused with the right token when it comes from elsewhere: %j', async (headers) => {
    const sent = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, v === 'OWN' ? panel.url : v]));
    const answer = await send({ _csrf: await person.csrf() }, sent);
    expect(answer.status).toBe(403);
    expect(await theme()).toBe('dark');
  });

  it.each([[{ 'Sec-Fetch-Site': 'same-origin' }], [{ Origin: 'OWN' }], [{ Referer: 'OWN' }]])(
    'is accepted when the browser says that it is our own: %j',
    async (headers) => {
      const sent = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, v === 'OWN' ? `${panel.url}` : v]));
      expect((await send({ _csrf: await person.csrf() }, sent)).status).toBe(303);
    },
  );

  it('of sign-in needs the token too, so that nobody is signed in as somebody else', async () => {
    const browser = panel.visitor();
    const answer = await browser.agent
      .post('/login/')
      .type('form')
      .send({ email: person.staff.email, password: 'seven unrelated teapots' });
    expect(answer.status).toBe(403);
  });

  it('gets a new token with the new session', async () => {
    const browser = panel.visitor();
    const before = await browser.csrf();
    await browser.signIn(person.staff.email);
    expect(await browser.csrf()).not.toBe(before);
    const stale = await browser.agent.post('/account/theme/').type('form').send({ theme: 'light', _csrf: before });
    expect(stale.status).toBe(403);
  });

  it('cannot be replaced by GET or by naming another method', async () => {
    expect((await person.get('/account/theme/?theme=light')).status).toBe(404);
    expect((await person.get('/account/?_method=POST&name=x')).status).toBe(200);
    expect((await person.get('/account/', { 'X-HTTP-Method-Override': 'POST' })).status).toBe(200);
    expect(await theme()).toBe('dark');
  });
});
