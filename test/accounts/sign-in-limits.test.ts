import { PASSWORD, startTestApp, type TestApp, type Visitor } from '../support/app';
import { readPage } from '../support/page';

const WRONG = 'not the right teapots';
const behindOneProxy = {
  configure: (config: TestApp['context']['config']) => Object.assign(config.http, { trustProxy: 1 }),
};

let panel: TestApp;
let beside: TestApp;
beforeAll(async () => {
  panel = await startTestApp(behindOneProxy);
  beside = await startTestApp({ ...behindOneProxy, databaseUrl: panel.databaseUrl });
});
afterAll(async () => {
  await beside.close();
  await panel.close();
});
beforeEach(async () => {
  await panel.context.knex('rate_limits').delete();
});

type Headers = Record<string, string>;

let addresses = 0;
/** Each call comes from an address of its own, as a botnet's would. */
const fromElsewhere = () => {
  addresses += 1;
  return { 'X-Forwarded-For': `198.51.${Math.floor(addresses / 250)}.${(addresses % 250) + 1}` };
};
const attempt = (browser: Visitor, email: string, password: string, headers: Headers = fromElsewhere()) =>
  browser.postForm('/login/', { email, password }, headers);

/** Wrong guesses one after the other, from one browser with one token: what counts is the account and the address. */
const guess = async (
  email: string | string[],
  times: number,
  at: TestApp = panel,
  headersOf = fromElsewhere as (i: number) => Headers,
) => {
  const { agent, csrf } = at.visitor();
  const _csrf = await csrf();
  const statuses: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const form = { _csrf, email: [email].flat()[i % [email].flat().length], password: WRONG };
    statuses.push((await agent.post('/login/').set(headersOf(i)).type('form').send(form)).status);
  }
  return statuses;
};

/** Lets the waiting time of every turn pass. */
const waitForTurn = () => panel.context.knex('rate_limits').where('key', 'like', 'sign_in_turn%').update({ expire: 1 });

describe('attempts on one account', () => {
  it('are five, then one must wait, whatever address or process they come through', async () => {
    const { email } = await panel.createStaff('owner');
    expect(await guess(email, 3)).toEqual([422, 422, 422]);
    expect(await guess(email, 2, beside)).toEqual([422, 422]);
    expect(await guess(email, 1)).toEqual([429]);
    const refused = await attempt(beside.visitor(), email, PASSWORD);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    const page = readPage(refused.text);
    expect(page.text).toContain('Wait a minute');
    expect(page.values().email).toBe(email);
  });

  it('are still counted when every process has been started anew', async () => {
    const { email } = await panel.createStaff('owner');
    await guess(email, 5, beside);
    await beside.close();
    beside = await startTestApp({ ...behindOneProxy, databaseUrl: panel.databaseUrl });
    expect(await guess(email, 1, beside)).toEqual([429]);
  });

  it('wait longer each time, and never longer than 15 minutes', async () => {
    const { email } = await panel.createStaff('owner');
    await guess(email, 5);
    const waits: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      await waitForTurn();
      expect(await guess(email, 1)).toEqual([422]);
      const refused = await attempt(panel.visitor(), email, WRONG);
      expect(refused.status).toBe(429);
      waits.push(Math.ceil(Number(refused.headers['retry-after']) / 60));
    }
    expect(waits).toEqual([2, 4, 8, 15, 15, 15, 15]);
  });

  it('that arrive together are counted one by one: five are looked at', async () => {
    const { email } = await panel.createStaff('owner');
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) => attempt((i % 2 ? panel : beside).visitor(), email, WRONG)),
    );
    expect(answers.filter((a) => a.status === 422)).toHaveLength(5);
    expect(answers.filter((a) => a.status === 429)).toHaveLength(11);
  });

  it('start from nought after the right password', async () => {
    const { email } = await panel.createStaff('owner');
    await guess(email, 4);
    expect((await attempt(panel.visitor(), email, PASSWORD)).status).toBe(303);
    expect(await guess(email, 4)).toEqual([422, 422, 422, 422]);
  });

  it('are limited in the same way, with the same page, for an e-mail that nobody has', async () => {
    const { email } = await panel.createStaff('owner');
    const unknown = 'nobody-at-all@staff.test';
    expect(await guess(unknown, 6)).toEqual(await guess(email, 6));
    const bodies = await Promise.all(
      [email, unknown].map(async (e) => {
        const answer = await attempt(panel.visitor(), e, WRONG);
        return answer.text.replaceAll(e, 'E-MAIL').replace(/name="_csrf" value="[^"]*"/g, '');
      }),
    );
    expect(bodies[0]).toBe(bodies[1]);
  });

  it('by strangers do not shut out a browser that the owner has signed in from before', async () => {
    const { email } = await panel.createStaff('owner');
    const known = panel.visitor();
    expect((await attempt(known, email, PASSWORD)).status).toBe(303);
    // The idle session is over; the browser is the same.
    await panel.context.knex('sessions').delete();
    expect(await guess(email, 6)).toEqual([422, 422, 422, 422, 422, 429]);
    expect((await attempt(known, email, PASSWORD)).status).toBe(303);
    const other = await panel.createStaff('owner');
    await guess(other.email, 5);
    expect((await attempt(known, other.email, PASSWORD)).status).toBe(429);
  });

  it('keep no e-mail in the table that counts them', async () => {
    await guess('secret-person@staff.test', 1);
    const rows = await panel.context.knex('rate_limits');
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toMatch(/secret-person|198\.51/);
  });
});

describe('attempts from one address', () => {
  const PEOPLE = Array.from({ length: 31 }, (_, i) => `person-${i}@staff.test`);
  const leaveOne = () =>
    panel.context.knex('rate_limits').where('key', 'like', 'sign_in_address%').update({ points: 29 });

  it('are 30 in ten minutes, over all accounts', async () => {
    const here = { 'X-Forwarded-For': '203.0.113.7' };
    expect(await guess(PEOPLE, 31, panel, () => here)).toEqual([...Array(30).fill(422), 429]);
    const { email } = await panel.createStaff('viewer');
    expect((await attempt(beside.visitor(), email, PASSWORD, here)).status).toBe(429);
    expect((await attempt(beside.visitor(), email, PASSWORD)).status).toBe(303);
  });

  it('count the whole /64 of an IPv6 address as one', async () => {
    const from = (address: string) => guess(PEOPLE, 1, panel, () => ({ 'X-Forwarded-For': address }));
    expect(await from('2001:db8:1:2::1')).toEqual([422]);
    await leaveOne();
    expect(await from('2001:0DB8:1:2:ffff::9')).toEqual([422]);
    expect(await from('2001:db8:1:2:aaaa:bbbb:cccc:dddd')).toEqual([429]);
    expect(await from('2001:db8:1:3::1')).toEqual([422]);
  });

  it('count what the proxy says, not what the client claims before it', async () => {
    const claim = (address: string) =>
      guess(PEOPLE, 1, panel, () => ({ 'X-Forwarded-For': `${address}, 203.0.113.8` }));
    expect(await claim('192.0.2.1')).toEqual([422]);
    await leaveOne();
    expect(await claim('192.0.2.2')).toEqual([422]);
    expect(await claim('192.0.2.3')).toEqual([429]);
  });
});
