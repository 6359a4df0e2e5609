import { countDueFigures, countFigures, dayAt } from '../../src/apps/insight/daily-figures.service';
import type { SignedInVisitor } from '../support/app';
import { type Page, readPage } from '../support/page';
import { type ConnectedPanel, startConnectedPanel } from '../sync/connected-panel';

const MEMBERS = 60;

let panel: ConnectedPanel;
let owner: SignedInVisitor;
let viewer: SignedInVisitor;
beforeAll(async () => {
  panel = await startConnectedPanel({ campaigns: [{ members: MEMBERS, posts: 3, name: 'Lantern Harbour' }] });
  await panel.sync();
  owner = await panel.app.signInAs('owner');
  viewer = await panel.app.signInAs('viewer');
});
afterAll(() => panel?.close());

const read = async (who: SignedInVisitor, path = '/patreon/'): Promise<Page> =>
  readPage((await who.get(path).expect(200)).text);
const figure = (page: Page, name: string): string | undefined =>
  new RegExp(`data-figure="${name}"[^>]*>(?:<a [^>]*>)?([^<]*)<`).exec(page.html)?.[1];
const knex = () => panel.context.knex;
const today = () => dayAt(panel.context.clock.now());

/** Figures count live rows of the mirror, so these are the numbers that a page must show. */
const live = () => knex()('patreon_members').whereNull('gone_at');
const countOf = async (query: ReturnType<typeof live>) => Number((await query.count('* as n'))[0]?.n);

describe('before anything has been counted', () => {
  it('the dashboard shows what is always known and says why there are no charts', async () => {
    const page = await read(owner);
    expect(figure(page, 'members')).toBe(String(MEMBERS));
    expect(figure(page, 'joined')).toBeUndefined();
    expect(page.text).toContain('Nothing has been counted yet');
    expect(page.html).not.toContain('<figure');
  });
});

describe('once the figures have been counted', () => {
  beforeAll(() => countFigures(panel.context));

  it('the dashboard shows who joined in the last 30 days, as the filter behind the number counts them', async () => {
    const joined = await countOf(
      live().where('pledge_relationship_start', '>=', `${dayAt(new Date(), -30)}T00:00:00Z`),
    );
    const page = await read(owner);
    expect(figure(page, 'joined')).toBe(String(joined));
    expect(page.html).toContain('/patreon/members/?joined_from=-30d&amp;');
  });

  it('names the charges of the next seven days and what they come to', async () => {
    const paying = await live().where({ kind: 'paying' }).orderBy('id').limit(4).pluck('id');
    for (const [place, days] of [0, 7, 7, 8].entries()) {
      const at = `${dayAt(new Date(), days)}T23:30:00Z`;
      await knex()('patreon_members').where({ id: paying[place] }).update({ next_charge_date: at });
    }
    await countFigures(panel.context);
    const members = () =>
      live()
        .where('next_charge_date', '>=', `${today()}T00:00:00Z`)
        .where('next_charge_date', '<', `${dayAt(new Date(), 8)}T00:00:00Z`);
    const page = await read(owner);
    expect(figure(page, 'charges')).toBe(String(await countOf(members())));
    const [sum] = await members().sum('will_pay_amount_cents as cents');
    const { currency } = await knex()('patreon_campaigns').first('currency');
    const money = new Intl.NumberFormat('en-US', { style: 'currency', currency }).format(Number(sum?.cents) / 100);
    expect(figure(page, 'charged')).toBe(money);
  });

  it('tells what declined members would be worth a month', async () => {
    const declined = await live().where({ kind: 'declined' }).select('will_pay_amount_cents', 'pledge_cadence');
    expect(declined.length).toBeGreaterThan(0);
    const cents = declined.reduce(
      (sum, row) => sum + Math.round(row.will_pay_amount_cents / Math.max(1, row.pledge_cadence ?? 1)),
      0,
    );
    expect(figure(await read(owner), 'at-risk')).toMatch(
      new RegExp(`${(cents / 100).toFixed(2).replace(/\B(?=(\d{3})+\.)/, ',')} a month at risk`),
    );
  });

  it('shows a viewer the same people and no money', async () => {
    const page = await read(viewer);
    expect(figure(page, 'members')).toBe(String(MEMBERS));
    expect(figure(page, 'charges')).toBe(figure(await read(owner), 'charges'));
    expect(figure(page, 'monthly')).toBeUndefined();
    expect(page.text).not.toMatch(/[$€£¥]\s?\d|\d\s?[$€£¥]/);
  });

  it('counts again without changing anything', async () => {
    const rows = async () => ({
      figures: await knex()('daily_member_figures').orderBy(['day', 'campaign_id', 'kind']),
      movements: await knex()('daily_member_movements').orderBy(['day', 'campaign_id']),
      charges: await knex()('expected_charges').orderBy(['day', 'campaign_id']),
    });
    const before = await rows();
    await countFigures(panel.context);
    expect(await rows()).toEqual(before);
  });

  it('says that a line needs two days, and draws it once there are two', async () => {
    expect((await read(owner)).text).toContain('A line needs two days');
    await knex().raw(
      `insert into daily_member_figures select day - 1, campaign_id, kind, members + 5, monthly_cents, 0
         from daily_member_figures where day = ?`,
      [today()],
    );
    const page = await read(owner);
    expect(page.html).toMatch(/id="chart-growth"[\s\S]*<polyline class="chart__line chart__tone--positive" points="0,/);
    const [, table = ''] = /id="chart-growth"[\s\S]*?<tbody>([\s\S]*?)<\/tbody>/.exec(page.html) ?? [];
    expect(table.match(/<tr>/g)).toHaveLength(2);
  });
});

describe('after a run', () => {
  it('figures are counted once more, and not again before the next one', async () => {
    await countFigures(panel.context);
    expect(await countDueFigures(panel.context)).toEqual({ counted: false });
    await panel.sync();
    expect(await countDueFigures(panel.context)).toEqual({ counted: true });
    expect(await countDueFigures(panel.context)).toEqual({ counted: false });
  });

  it('count who left once: by the end of the membership, or by vanishing', async () => {
    const departed = async () => Number(figure(await read(owner), 'departed'));
    const before = await departed();
    const [ended, vanished]: string[] = await live()
      .where({ kind: 'paying' })
      .orderBy('id')
      .limit(2)
      .pluck('patreon_id');
    await panel.control.change(`/members/${ended}`, { attributes: { patron_status: 'former_patron' } });
    await panel.control.change(`/members/${vanished}`, { removed: true });
    await panel.sync();
    await countFigures(panel.context);
    expect(await departed()).toBe(before + 2);
    await panel.control.change(`/members/${ended}`, { removed: true });
    await panel.sync();
    await countFigures(panel.context);
    expect(await departed()).toBe(before + 2);
    const rows = await knex()('patreon_members').whereIn('patreon_id', [ended, vanished].map(String)).pluck('id');
    const earlier = await live().whereNotIn('id', rows).first('id', 'campaign_id');
    await knex()('patreon_changes').insert({
      campaign_id: earlier.campaign_id,
      resource: 'member',
      record_id: earlier.id,
      kind: 'changed',
      field: 'kind',
      before: '"paying"',
      after: '"former"',
      changed_at: new Date(panel.context.clock.now().getTime() - 40 * 86_400_000),
      read_seq: 1,
    });
    const listed = async (address: string) => {
      const { html } = readPage((await owner.get(address).expect(200)).text);
      const found = html.matchAll(/<li data-change="member">[\s\S]*?href="\/patreon\/members\/(\d+)\/"/g);
      return [...found].map(([, id]) => Number(id)).sort();
    };
    const [, behind = ''] = /data-figure="departed"><a href="([^"]+)"/.exec((await read(owner)).html) ?? [];
    expect(await listed(behind.replaceAll('&amp;', '&'))).toEqual(rows.map(Number).sort());
    expect(await listed('/patreon/changes/?only=departures')).toHaveLength(3);
    expect((await owner.get('/patreon/changes/?since=soon')).status).toBe(422);
  });
});

describe('recent changes', () => {
  it('are told in plain sentences, newest first, each with a way to its record', async () => {
    const member = await live().where({ kind: 'paying' }).whereNot('full_name', '').orderBy('id').first();
    await panel.control.change(`/members/${member.patreon_id}`, {
      attributes: { patron_status: 'declined_patron', last_charge_status: 'Declined' },
    });
    await panel.sync();
    const page = await read(owner);
    const [first = ''] = /<li data-change="member">[\s\S]*?<\/li>/.exec(page.html) ?? [];
    expect(first).toContain(`href="/patreon/members/${member.id}/"`);
    expect(readPage(first).text).toContain('Payment declined');
    const fragment = await owner.get('/patreon/changes/latest/', { 'hx-request': 'true' }).expect(200);
    expect(fragment.text).not.toContain('<html');
    // How long ago it was may be another second by now.
    const timeless = (html: string) => html.replaceAll(/>[^<]*<\/time>/g, '></time>');
    expect(timeless(fragment.text)).toContain(timeless(first));
  });

  it('are asked for again by the page itself, and not for ever', async () => {
    const round = async (n: number) =>
      (await owner.get(`/patreon/changes/latest/?round=${n}`, { 'hx-request': 'true' }).expect(200)).text;
    expect((await read(owner)).html).toContain('hx-get="/patreon/changes/latest/?round=1"');
    expect(await round(1)).toContain('hx-get="/patreon/changes/latest/?round=2"');
    expect(await round(60)).not.toContain('hx-get=');
  });

  it('go on page by page without telling anything twice', async () => {
    const ids: number[] = await live().whereIn('kind', ['paying', 'free']).orderBy('id').pluck('id');
    for (const id of ids)
      await knex()('patreon_members')
        .where({ id })
        .update({ note: `Postcard ${id}` });
    const hrefs: string[] = [];
    for (let path: string | undefined = '/patreon/changes/'; path; ) {
      const page: Page = await read(owner, path);
      hrefs.push(
        ...[...page.html.matchAll(/class="strong breakable" href="\/patreon\/members\/(\d+)\/"/g)].map(
          ([, id]) => id as string,
        ),
      );
      path = page.link('next');
    }
    const newest = hrefs.slice(0, ids.length).map(Number);
    expect(newest).toEqual([...ids].reverse());
  });

  it('answer a place that cannot be one with what is wrong', async () => {
    await owner.get('/patreon/changes/?before=yesterday').expect(422);
    await owner.get('/patreon/changes/?before=999999999999999').expect(200);
  });
});
