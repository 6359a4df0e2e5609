import type { Lived } from '../../src/sandbox/life/life';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server';
import { control, SandboxClient } from './sandbox-client';

const DAY = 86_400;
const NOW = Date.parse('2026-09-15T08:00:00Z');

interface Row {
  id: string;
  attributes: Record<string, string | number | boolean | null>;
}

interface MemberRow extends Row {
  tiers: string[];
  pledge_events: Row[];
}

describe('the life that the clock of the sandbox brings', () => {
  const started: Sandbox[] = [];
  const start = async (options: SandboxOptions = {}) => {
    const sandbox = await startSandbox({
      seed: 2,
      now: NOW,
      limits: null,
      imageOrigin: null,
      campaigns: [{ members: 600 }],
      ...options,
    });
    started.push(sandbox);
    return sandbox;
  };
  afterEach(() => Promise.all(started.splice(0).map((sandbox) => sandbox.close())));

  const advance = async (sandbox: Sandbox, days: number, more: object = {}): Promise<Lived> => {
    const body = { advance_seconds: days * DAY, ...more };
    return (await control<{ lived: Lived }>(sandbox, 'POST', '/clock', body)).lived;
  };
  const rowsOf = async <T = MemberRow>(sandbox: Sandbox, name = 'members'): Promise<T[]> =>
    (await control<{ rows: T[] }>(sandbox, 'GET', `/truth/${name}`)).rows;
  const byId = (rows: MemberRow[]) => new Map(rows.map((row) => [row.id, row]));

  it('charges everybody on the first of the month, and tells it in their history', async () => {
    const sandbox = await start();
    const before = byId(await rowsOf(sandbox));
    const formerEvents = (id: string) => before.get(id)?.pledge_events.length ?? Number.NaN;
    const lived = await advance(sandbox, 17);
    const after = await rowsOf(sandbox);
    const charged = after.filter(({ attributes }) => String(attributes.last_charge_date).startsWith('2026-10-01'));
    const paid = charged.filter(({ attributes }) => attributes.last_charge_status === 'Paid');
    expect(lived).toMatchObject({ days: 17, joins: after.length - 600 });
    const once = paid.filter(({ id, pledge_events }) => pledge_events.length === formerEvents(id) + 1);
    expect(once.length).toBeGreaterThan(200);
    for (const { id, attributes, pledge_events } of once) {
      const former = before.get(id) as MemberRow;
      const amount = Number(attributes.will_pay_amount_cents);
      expect(attributes.lifetime_support_cents).toBe(Number(former.attributes.lifetime_support_cents) + amount);
      expect(attributes.next_charge_date).toMatch(/^202[67]-(11|10)-01T/);
      const { last_charge_date: date } = attributes;
      const last = { type: 'subscription', payment_status: 'Paid', pledge_payment_status: 'valid', date };
      expect(pledge_events.at(-1)?.attributes).toMatchObject(last);
    }
  });

  it('brings every kind of change in a year, at believable rates, and keeps the figures in agreement', async () => {
    const sandbox = await start();
    const lived = await advance(sandbox, 365);
    const rows = await rowsOf(sandbox);
    expect(Math.min(...Object.values(lived))).toBeGreaterThan(0);
    expect(lived.joins / 600).toBeGreaterThan(0.2);
    expect(lived.joins / 600).toBeLessThan(0.7);
    expect(lived.declines / lived.renewals).toBeLessThan(0.1);
    const active = rows.filter(({ attributes }) => attributes.patron_status === 'active_patron');
    const [campaign] = await rowsOf<Row>(sandbox, 'campaigns');
    expect(campaign?.attributes.patron_count).toBe(active.length);
    for (const { id, attributes } of await rowsOf<Row>(sandbox, 'tiers')) {
      expect([id, attributes.patron_count]).toEqual([id, rows.filter(({ tiers }) => tiers.includes(id)).length]);
    }
    const debtors = rows.filter(({ attributes }) => attributes.patron_status === 'declined_patron');
    const inOctober = debtors.filter(({ attributes }) => String(attributes.last_charge_date) > '2026-10');
    for (const { tiers, attributes } of inOctober) {
      expect([tiers, attributes.currently_entitled_amount_cents]).toEqual([[], 0]);
    }
    const events = rows.flatMap(({ pledge_events }) => pledge_events.map(({ id }) => id));
    expect(new Set(events).size).toBe(events.length);
  });

  it('is the same in one step as in many, and in every sandbox of the same seed', async () => {
    const [one, other] = [await start(), await start()];
    await advance(one, 60);
    for (const days of [0.3, 20.2, 1, 0.5, 38]) await advance(other, days);
    expect(await rowsOf(other)).toEqual(await rowsOf(one));
  });

  it('shows through the API', async () => {
    const sandbox = await start();
    await advance(sandbox, 40);
    const client = await SandboxClient.connect(sandbox);
    const shown = { include: 'pledge_history', 'fields[member]': 'full_name', 'fields[pledge-event]': 'date,type' };
    const pages = await client.walk('/campaigns/9100001/members', shown);
    const members = pages.flatMap(({ data }) => [data].flat());
    expect(members.map(({ id }) => id)).toEqual((await rowsOf(sandbox)).map(({ id }) => id));
    const dates = pages.flatMap(({ included = [] }) => included.map(({ attributes }) => String(attributes.date)));
    expect(dates.some((date) => date.startsWith('2026-10-01'))).toBe(true);
  });

  it('does not happen where only the time is to move, nor twice on the same days', async () => {
    const sandbox = await start();
    const before = await rowsOf(sandbox);
    expect(await advance(sandbox, 40, { life: false })).toMatchObject({ days: 0, joins: 0, renewals: 0 });
    expect(await advance(sandbox, -20)).toMatchObject({ days: 0 });
    expect(await advance(sandbox, 20)).toMatchObject({ days: 0 });
    expect(await rowsOf(sandbox)).toEqual(before);
  });

  it('leaves campaigns alone that are too large for it', async () => {
    const sandbox = await start({ campaigns: [{ members: 50_001 }] });
    expect(await advance(sandbox, 40)).toMatchObject({ days: 40, joins: 0, renewals: 0 });
  });
});
