import type { Response } from 'supertest';
import { type RoutePolicy, routePolicies } from '../../src/http/allow';
import { may, ROLES, type Role } from '../../src/policy';
import { startTestApp, type TestApp, type Visitor } from '../support/app';

type Who = Role | 'anonymous';

let panel: TestApp;
let browsers: Map<Who, Visitor>;
let routes: RoutePolicy[];
beforeAll(async () => {
  panel = await startTestApp();
  routes = routePolicies(panel.app.express);
  browsers = new Map<Who, Visitor>([['anonymous', panel.visitor()]]);
  for (const role of ROLES) browsers.set(role, await panel.signInAs(role));
});
afterAll(async () => {
  await panel.close();
});

/** An address of the route. The ids are those of nothing, so that nothing happens to anything. */
const addressOf = (route: RoutePolicy) => route.path.replace(/\{?\/?:\w+\}?/g, '/987654');

/** What the policy promises for a route: refused, sent to sign in, or handled. */
function verdict(answer: Response): 'handled' | 'forbidden' | 'sign in' | 'broken' {
  if (answer.status >= 500 && answer.status !== 503) return 'broken';
  if (answer.status === 403) return 'forbidden';
  const isSentToSignIn = answer.status === 303 && String(answer.headers.location).startsWith('/login/?next=');
  return answer.status === 401 || isSentToSignIn ? 'sign in' : 'handled';
}

function promised(route: RoutePolicy, who: Who): ReturnType<typeof verdict> {
  if (route.policy === 'public') return 'handled';
  if (who === 'anonymous') return 'sign in';
  return may(who, route.policy) ? 'handled' : 'forbidden';
}

const MATRIX_TIMEOUT_MS = 120_000;

/** Tries each route as everybody, side by side, and tells the cells in which the answer is not what the policy says. */
async function wrongCells(
  found: RoutePolicy[],
  send: (who: Who, path: string) => PromiseLike<Response>,
): Promise<string[]> {
  const columns = [...browsers.keys()].map(async (who) => {
    const wrong: string[] = [];
    for (const route of found) {
      const promise = promised(route, who);
      // What a role may change is tried by the tests of its page; here it could end the session.
      if (route.method === 'POST' && promise === 'handled') continue;
      const answer = await send(who, addressOf(route));
      if (verdict(answer) !== promise)
        wrong.push(`${route.method} ${route.path} as ${who}: ${answer.status}, promised ${promise}`);
    }
    return wrong;
  });
  return (await Promise.all(columns)).flat();
}

describe('the policy table', () => {
  it('covers every route, and each address ends in a slash or is one of a program', () => {
    expect(routes.length).toBeGreaterThan(15);
    for (const { path } of routes) expect(path).toMatch(/^\/(.*\/)?$|^\/(api|healthz|readyz|metrics)\b/);
  });

  it(
    'is kept by every GET, for every role and for strangers',
    async () => {
      const gets = routes.filter((route) => route.method === 'GET');
      expect(await wrongCells(gets, (who, path) => (browsers.get(who) as Visitor).get(path))).toEqual([]);
    },
    MATRIX_TIMEOUT_MS,
  );

  it(
    'is kept by every POST that carries its token',
    async () => {
      const tokens = new Map<Who, string>();
      for (const [who, browser] of browsers) tokens.set(who, await browser.csrf());
      const posts = routes.filter((route) => route.method === 'POST');
      const send = (who: Who, path: string) =>
        (browsers.get(who) as Visitor).agent
          .post(path)
          .type('form')
          .send({ _csrf: tokens.get(who) });
      expect(await wrongCells(posts, send)).toEqual([]);
    },
    MATRIX_TIMEOUT_MS,
  );

  it('has no POST that works without a token, not even for an owner', async () => {
    const wrong: string[] = [];
    const owner = browsers.get('owner') as Visitor;
    for (const route of routes.filter((r) => r.method === 'POST')) {
      const answer = await owner.agent.post(addressOf(route)).type('form').send({});
      if (answer.status !== 403) wrong.push(`${route.path}: ${answer.status}`);
    }
    expect(wrong).toEqual([]);
    expect((await owner.get('/account/')).status).toBe(200);
  });

  it('says 401 to a stranger’s program instead of leading it to a form', async () => {
    const answer = await panel.visitor().get('/admin/staff/', { Accept: 'application/json' });
    expect(answer.status).toBe(401);
    expect(answer.body.errors[0].code).toBe('not_signed_in');
  });
});
