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
const isSignOut = (route: RoutePolicy) => route.path === '/logout/';

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

const cells = (found: RoutePolicy[]) =>
  found.flatMap((route) =>
    [...browsers.keys()].map((who) => ({ route, who, name: `${route.method} ${route.path} as ${who}` })),
  );

describe('the policy table', () => {
  it('covers every route, and each address ends in a slash or is one of a program', () => {
    expect(routes.length).toBeGreaterThan(15);
    for (const { path } of routes) expect(path).toMatch(/^\/(.*\/)?$|^\/(api|healthz|readyz|metrics)\b/);
  });

  it('is kept by every GET, for every role and for strangers', async () => {
    const wrong: string[] = [];
    for (const { route, who, name } of cells(routes.filter((r) => r.method === 'GET'))) {
      const answer = await (browsers.get(who) as Visitor).get(addressOf(route));
      if (verdict(answer) !== promised(route, who))
        wrong.push(`${name}: ${answer.status}, promised ${promised(route, who)}`);
    }
    expect(wrong).toEqual([]);
  });

  it('is kept by every POST that carries its token', async () => {
    const wrong: string[] = [];
    const posts = routes.filter((r) => r.method === 'POST' && !isSignOut(r));
    for (const { route, who, name } of cells(posts)) {
      const promise = promised(route, who);
      // What the role may do is tried by the tests of its page; here it could end the session.
      if (promise === 'handled') continue;
      const answer = await (browsers.get(who) as Visitor).postForm(addressOf(route));
      if (verdict(answer) !== promise) wrong.push(`${name}: ${answer.status}, promised ${promise}`);
    }
    expect(wrong).toEqual([]);
  });

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
