import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { readPage } from '../support/page';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';

let database: TestDatabase;
let proxy: TcpProxy;
let panel: TestApp;
let person: SignedInVisitor;
beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await startTcpProxy(database.url);
  panel = await startTestApp({ databaseUrl: proxy.url });
  person = await panel.signInAs('owner');
});
afterAll(async () => {
  await panel.close();
  await proxy.close();
  await database.drop();
});

describe('while the database cannot be reached', () => {
  beforeAll(() => proxy.cut());

  it('a page answers 503, says so and when to come back', async () => {
    const answer = await person.get('/account/');
    expect(answer.status).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(readPage(answer.text).text).toContain('its database is out of reach');
    expect(answer.text).not.toMatch(/ECONN|127\.0\.0\.1:\d+|at .*\.(js|ts)/);
  });

  it('JSON answers 503 as an error document', async () => {
    const answer = await person.get('/account/', { Accept: 'application/json' });
    expect(answer.status).toBe(503);
    expect(answer.body.errors[0]).toMatchObject({ status: '503', code: 'unavailable' });
  });

  it('nobody is signed in and nobody is let through as a stranger', async () => {
    expect((await panel.visitor().get('/login/')).status).toBe(503);
    expect(
      (await person.agent.post('/login/').type('form').send({ email: 'a@example.org', password: 'x' })).status,
    ).toBe(503);
  });

  it('the process is alive and says that it is not ready; its files are still served', async () => {
    expect((await person.get('/healthz')).status).toBe(200);
    const ready = await person.get('/readyz');
    expect(ready.status).toBe(503);
    expect(ready.body.status).toBe('unavailable');
    expect((await person.get('/css/base.css')).status).toBe(200);
  });
});

describe('when the database is back', () => {
  beforeAll(() => proxy.mend());

  it('the same session goes on, without a restart', async () => {
    expect((await person.get('/readyz')).status).toBe(200);
    expect((await person.get('/account/')).status).toBe(200);
    expect((await panel.visitor().signIn(person.staff.email)).status).toBe(303);
  });

  it('connections that the server ended are replaced within one request', async () => {
    await person.get('/account/');
    await panel.context
      .knex('pg_stat_activity')
      .whereRaw('datname = current_database() and pid <> pg_backend_pid()')
      .select(panel.context.knex.raw('pg_terminate_backend(pid)'));
    const first = (await person.get('/account/')).status;
    expect([200, 503]).toContain(first);
    expect((await person.get('/account/')).status).toBe(200);
  });
});
