import { connect } from 'node:net';
import fc from 'fast-check';
import { type RoutePolicy, routePolicies } from '../../src/http/allow';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';

let panel: TestApp;
let person: SignedInVisitor;
let routes: RoutePolicy[];
beforeAll(async () => {
  panel = await startTestApp();
  person = await panel.signInAs('owner');
  routes = routePolicies(panel.app.express).filter((route) => route.path !== '/logout/');
});
afterAll(async () => {
  await panel.close();
});

const ODD = [
  '',
  '0',
  '-1',
  '1e400',
  'null',
  'NaN',
  '9'.repeat(20),
  '999999999999999',
  '%00',
  '%',
  '%E0%A4%A',
  "'",
  '"<b>',
  '..',
  '__proto__',
  'constructor',
  '\u202e',
  '💣',
  '\ud800',
];
const odd = fc.oneof(fc.constantFrom(...ODD), fc.string({ unit: 'binary', maxLength: 40 }));
const text = (value: string) => value.toWellFormed();
const pairs = fc.array(
  fc.tuple(
    fc.oneof(
      fc.constantFrom('q', 'sort', 'after', 'campaign', 'next', 'token', 'name', 'email', 'role', 'theme', '_csrf'),
      odd,
    ),
    odd,
  ),
  { maxLength: 5 },
);
const encoded = (given: [string, string][]) =>
  given.map((pair) => pair.map((p) => encodeURIComponent(text(p))).join('=')).join('&');

describe('requests that nobody meant', () => {
  it('with odd ids and queries get an answer below 500 from every page', async () => {
    const getRoutes = routes.filter((route) => route.method === 'GET');
    await fc.assert(
      fc.asyncProperty(fc.nat(), odd, pairs, async (index, id, query) => {
        const { path } = getRoutes[index % getRoutes.length] as RoutePolicy;
        const answer = await person.get(`${path.replace(/:\w+/g, encodeURIComponent(text(id)))}?${encoded(query)}`);
        expect({ path, status: answer.status }).toEqual({ path, status: expect.any(Number) });
        if (answer.status >= 500) throw new Error(`${answer.status} ${path}`);
      }),
      { numRuns: 80 },
    );
  }, 60_000);

  it('with odd fields and a good token get an answer below 500 from every form', async () => {
    const postRoutes = routes.filter((route) => route.method === 'POST');
    const token = await person.csrf();
    await fc.assert(
      fc.asyncProperty(fc.nat(), odd, pairs, async (index, id, fields) => {
        const { path } = postRoutes[index % postRoutes.length] as RoutePolicy;
        const answer = await person.agent
          .post(path.replace(/:\w+/g, encodeURIComponent(text(id))))
          .set('X-CSRF-Token', token)
          .type('form')
          .send(encoded(fields));
        if (answer.status >= 500) throw new Error(`${answer.status} ${path}`);
      }),
      { numRuns: 80 },
    );
  }, 60_000);

  it.each([
    'GET /account/%00 HTTP/1.1',
    'GET /%E0%A4%A HTTP/1.1',
    'GET /account/%0d%0aSet-Cookie:x=1 HTTP/1.1',
    'GET http://evil.test/account/ HTTP/1.1',
    'GET //evil.test HTTP/1.1',
    'GET * HTTP/1.1',
    'POST /login/ HTTP/1.1\r\nContent-Length: x',
    'POST /login/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5',
    'BREW /pot HTTP/1.1',
    `GET /${'a'.repeat(20_000)} HTTP/1.1`,
    `GET /account/ HTTP/1.1\r\nCookie: ${'sid=x;'.repeat(500)}`,
    'GET /account/ HTTP/1.1\r\nCookie: sid=s%3A%00%ff; device=.; device=a.b.c',
    'GET /account/ HTTP/1.1\r\nAccept: \u0001, */*;q=x\r\nAccept-Language: \u00e9;;;',
  ])('as raw as %j are refused or answered, never with a 5xx of ours', async (head) => {
    const status = await rawStatus(`${head}\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(status).toBeGreaterThanOrEqual(200);
    expect(status).toBeLessThan(500);
    expect((await person.get('/healthz')).status).toBe(200);
  });
});

async function rawStatus(head: string): Promise<number> {
  const { hostname, port } = new URL(panel.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(Buffer.from(head, 'latin1')));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)));
    socket.on('error', reject);
  });
}
