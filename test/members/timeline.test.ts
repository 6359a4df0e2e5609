import { mergeNewest, type TimelineBatch } from '../../src/apps/members/timeline-merge';
import type { Role } from '../../src/policy';
import type { SignedInVisitor } from '../support/app';
import { insertCampaign, insertTiers } from '../support/campaign-factories';
import { insertMember, insertPledgeEvents } from '../support/factories';
import { readPage } from '../support/page';
import { type ConnectedPanel, startConnectedPanel } from '../sync/connected-panel';
import { backdate, dayAgo } from './backdate';

const PAYING = {
  full_name: 'Sunniva Harrow',
  patron_status: 'active_patron',
  last_charge_status: 'Paid',
  pledge_cadence: 1,
  currently_entitled_amount_cents: 500,
  will_pay_amount_cents: 500,
};

/** The entries of the timeline, newest first: their sentences, without time and source. */
function entriesOf(html: string): string[] {
  const entries = [...html.matchAll(/<li data-change>([\s\S]*?)<\/li>/g)];
  return entries.map(([, entry = '']) => readPage(entry).text.replace(/ \d\d?:\d\d( [AP]M)?( ·.*)?$/, ''));
}

describe('the timeline of a member', () => {
  let panel: ConnectedPanel;
  let people: Record<Role, SignedInVisitor>;
  let campaign: number;

  beforeAll(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: 3, posts: 0 }] });
    await panel.sync();
    campaign = await insertCampaign(panel.context.knex, { currency: 'USD' });
    await insertTiers(panel.context.knex, campaign, [
      { patreon_id: '71', title: 'Ink' },
      { patreon_id: '72', title: 'Folio' },
    ]);
    const [owner, manager, editor, viewer] = await Promise.all(
      (['owner', 'manager', 'editor', 'viewer'] as const).map((role) => panel.app.signInAs(role)),
    );
    people = { owner, manager, editor, viewer } as Record<Role, SignedInVisitor>;
  });
  afterAll(() => panel.close());

  const members = () => panel.context.knex('patreon_members');
  const show = async (id: number, role: Role = 'owner', query = '') =>
    (await people[role].get(`/patreon/members/${id}/${query}`).expect(200)).text;
  const entries = async (id: number, role: Role = 'owner') => entriesOf(await show(id, role));

  it('tells in words what syncs have met, newest first, with a link to the run where it is known', async () => {
    const { control } = panel;
    const { id } = await control.change('/members', { attributes: { full_name: 'Ada Moss' } });
    await panel.sync();
    await control.change(`/members/${id}`, { attributes: PAYING });
    await panel.sync();
    await control.change(`/members/${id}`, {
      attributes: { currently_entitled_amount_cents: 1_000, will_pay_amount_cents: 1_000 },
    });
    await panel.sync();
    await control.change(`/members/${id}`, {
      attributes: { patron_status: 'declined_patron', last_charge_status: 'Declined' },
    });
    await panel.sync();
    await control.change(`/members/${id}`, {
      attributes: { patron_status: 'active_patron', last_charge_status: 'Paid' },
    });
    await panel.sync();
    await control.change(`/members/${id}`, { attributes: { patron_status: 'former_patron' } });
    await panel.sync();
    await control.change(`/members/${id}`, { removed: true });
    const { run_id } = await panel.sync();
    const row = await members().where({ patreon_id: id }).first();
    const html = await show(row.id);
    expect(html).toContain(`<a href="/patreon/sync/${run_id}/">Sync run ${run_id}</a>`);
    const told = entriesOf(html);
    expect(told).toEqual([
      'No longer listed by Patreon',
      'Membership ended',
      'Payment went through: a paying member again Now $10.00 a month',
      'Payment declined',
      'Raised from $5.00 to $10.00 a month',
      expect.stringMatching(
        /^Became a paying member Now \$5\.00 a month.*Name changed from Ada Moss to Sunniva Harrow/,
      ),
      'First seen here',
    ]);
  });

  it.each([
    ['a cut', { monthly_cents: 200, currently_entitled_amount_cents: 200 }, 'Lowered from $5.00 to $2.00 a month'],
    ['another tier', { currently_entitled_tiers: ['72'] }, 'Moved from tier Ink to tier Folio'],
    ['no tier', { currently_entitled_tiers: [] }, 'Tier ended: Ink'],
    ['more tiers', { currently_entitled_tiers: ['72', '9'] }, 'Tiers changed from Ink to Folio, 9'],
    [
      'a return',
      [
        { kind: 'former', monthly_cents: 0 },
        { kind: 'paying', monthly_cents: 500 },
      ],
      'Came back as a paying member Now $5.00 a month',
    ],
    ['a gift', { kind: 'gift', monthly_cents: 0, is_gifted: true }, 'Was given the membership as a gift'],
    [
      'an unknown word',
      { kind: 'unknown', patron_status: 'paused_patron', monthly_cents: 0 },
      'Got a status that this panel does not know Status changed from Active patron to paused_patron',
    ],
    ['a declined charge of somebody who stays what they are', { last_charge_status: 'Declined' }, 'Payment declined'],
    ['a charge', { last_charge_date: '2026-11-01T10:00:00Z' }, 'A charge was tried on Nov 1, 2026'],
    ['a refund', { last_charge_status: 'Refunded' }, 'Last charge changed from Paid to Refunded'],
    ['an e-mail', { email: 'new@example.com' }, 'E-mail changed from sunniva.harrow@example.com to new@example.com'],
    ['a note', { note: 'Long\nand private' }, 'Note changed'],
    [
      'a field that was empty',
      { pledge_relationship_start: '2026-01-02T00:00:00Z' },
      'Member since set to Jan 2, 2026',
    ],
    ['a field that is emptied', { full_name: null }, 'Name removed; it was Sunniva Harrow'],
    [
      'links',
      { user_image_url: 'https://c8.patreon.com/1', user_url: 'https://www.patreon.com/x' },
      'Link of picture or profile changed',
    ],
    ['markup', { full_name: '<b>$t(title)</b> {{x}}' }, 'Name changed from Sunniva Harrow to <b>$t(title)</b> {{x}}'],
  ])('tells of %s', async (_what, change, sentence) => {
    const id = await insertMember(panel.context.knex, campaign, { currently_entitled_tiers: ['71'] });
    for (const values of [change].flat()) await members().where({ id }).update(values);
    expect((await entries(id))[0]).toBe(sentence);
  });

  it('tells of somebody who came back to Patreon’s list', async () => {
    const id = await insertMember(panel.context.knex, campaign);
    await members().where({ id }).update({ gone_at: new Date() });
    await members().where({ id }).update({ gone_at: null });
    expect((await entries(id)).slice(0, 2)).toEqual([
      'Came back: Patreon lists this member again',
      'No longer listed by Patreon',
    ]);
  });

  it('says it in French', async () => {
    const id = await insertMember(panel.context.knex, campaign);
    await members().where({ id }).update({ monthly_cents: 1_000, currently_entitled_amount_cents: 1_000 });
    const owner = await panel.app.signInAs('owner');
    await panel.context.knex('staff').where({ id: owner.staff.id }).update({ locale: 'fr' });
    const [newest] = entriesOf((await owner.get(`/patreon/members/${id}/`)).text);
    expect(newest).toMatch(/^Augmentation de 5,00\s\$US à 10,00\s\$US par mois$/);
  });

  it.each(['editor', 'viewer'] as const)('tells an %s no amount and no e-mail', async (role) => {
    const id = await insertMember(panel.context.knex, campaign);
    const change = { monthly_cents: 777, currently_entitled_amount_cents: 777, campaign_lifetime_support_cents: 888 };
    await members()
      .where({ id })
      .update({ ...change, email: 'other@example.com', note: 'Hm' });
    await members().where({ id }).update({ kind: 'former', patron_status: 'former_patron', monthly_cents: 0 });
    await members().where({ id }).update({ kind: 'paying', patron_status: 'active_patron', monthly_cents: 777 });
    await members().where({ id }).update({ user_is_email_verified: true });
    const html = await show(id, role);
    expect(entriesOf(html)).toEqual([
      'Came back as a paying member',
      'Membership ended',
      'Amounts changed E-mail changed Note changed',
      'First seen here',
    ]);
    expect(html).not.toMatch(/7\.77|8\.88|sunniva\.harrow|other@|\b777\b/);
  });

  it('says where a change came from: a run, a colleague who asked for it, a webhook', async () => {
    const id = await insertMember(panel.context.knex, campaign);
    const from = (settings: Record<string, string>, note: string) =>
      panel.context.knex.transaction(async (trx) => {
        for (const [name, value] of Object.entries(settings))
          await trx.raw('select set_config(?, ?, true)', [`patrondesk.${name}`, value]);
        await trx('patreon_members').where({ id }).update({ note });
      });
    await from({ run_id: '41' }, 'a');
    await from({ staff_id: String(people.manager.staff.id) }, 'b');
    await from({ staff_id: '9999' }, 'c');
    await from({ event_id: '5' }, 'd');
    const html = await show(id, 'viewer');
    expect(html).toContain('<a href="/patreon/sync/41/">Sync run 41</a>');
    const { text } = readPage(html);
    for (const words of [`Refreshed by ${people.manager.staff.name}`, 'Refreshed by staff', 'Webhook event 5'])
      expect(text).toContain(words);
  });

  it('stands under the day on which it happened', async () => {
    const id = await insertMember(panel.context.knex, campaign);
    await backdate(panel.context.knex, 3);
    await members().where({ id }).update({ note: 'Today' });
    const days = [...(await show(id)).matchAll(/data-day="([^"]+)"/g)].map(([, day]) => day);
    expect(days).toEqual([dayAgo(0), dayAgo(3)]);
  });

  it('shows a page at a time, each change once, and leads on with and without scripts', async () => {
    const id = await insertMember(panel.context.knex, campaign);
    for (let change = 1; change <= 60; change += 1)
      await members()
        .where({ id })
        .update({ full_name: `N${change}` });
    const seen: string[] = [];
    let address: string | undefined = `/patreon/members/${id}/`;
    let pages = 0;
    while (address) {
      const html: string = (await people.viewer.get(address).expect(200)).text;
      const alone: string = (await people.viewer.get(address, { 'HX-Request': 'true' }).expect(200)).text;
      expect(alone.trim()).toMatch(/^<section class="card" id="member-timeline"/);
      expect(entriesOf(alone)).toEqual(entriesOf(html));
      expect(entriesOf(html).length).toBeLessThanOrEqual(25);
      seen.push(...entriesOf(html));
      address = readPage(html).link('next')?.replace(/#.*/, '');
      pages += 1;
    }
    expect(pages).toBe(3);
    expect(seen).toHaveLength(61);
    expect(seen[0]).toBe('Name changed from N59 to N60');
    expect(seen.at(-1)).toBe('First seen here');
    expect(new Set(seen).size).toBe(61);
  });

  it('never parts what one read has changed', async () => {
    const id = await insertMember(panel.context.knex, campaign);
    const fields = ['full_name', 'note', 'user_about', 'user_first_name', 'user_last_name', 'user_vanity', 'email'];
    for (let change = 1; change <= 24; change += 1)
      await members()
        .where({ id })
        .update(Object.fromEntries(fields.map((field) => [field, `${field} ${change}`])));
    const first = await show(id);
    const next = readPage(first).link('next')?.replace(/#.*/, '') ?? '';
    const all = [...entriesOf(first), ...entriesOf((await people.owner.get(next)).text)];
    expect(all).toHaveLength(25);
    const told = all.slice(0, 24).map((text) => text.match(/changed|set to/g)?.length);
    expect(told).toEqual(Array(24).fill(fields.length));
  });

  it('says since when changes are kept to those who were mirrored before', async () => {
    const id = await insertMember(panel.context.knex, campaign, { first_seen_at: '2026-01-05T00:00:00Z' });
    await panel.context.knex.transaction(async (trx) => {
      await trx.raw('alter table patreon_changes disable trigger patreon_changes_append_only');
      await trx('patreon_changes').where({ resource: 'member', record_id: id }).delete();
      await trx.raw('alter table patreon_changes enable trigger patreon_changes_append_only');
    });
    const page = readPage(await show(id));
    expect(entriesOf(page.html)).toEqual(['First seen here']);
    expect(page.html).toContain('data-day="2026-01-05"');
    expect(page.text).toContain('What happened before is not known');
  });

  it.each(['0', 'x', '-1', '1e3', '99999999999999999999', '%00'])('answers 400 to before=%s', async (before) => {
    const id = await insertMember(panel.context.knex, campaign);
    const answer = await people.owner.get(`/patreon/members/${id}/?before=${before}`);
    expect([answer.status, readPage(answer.text).text]).toEqual([400, expect.stringContaining('cannot be found')]);
  });

  describe('with charges, notes and what staff did', () => {
    const KINDS = /<li data-(change|charge|timeline-note|action)>/g;
    const day = (number: number) => new Date(Date.UTC(2026, 0, number)).toISOString();
    const kindsOf = (html: string) => [...html.matchAll(KINDS)].map(([, kind]) => kind);
    let id: number;

    beforeEach(async () => {
      const { knex } = panel.context;
      id = await insertMember(knex, campaign, { first_seen_at: day(1) });
      await insertPledgeEvents(knex, campaign, id, [
        {
          type: 'subscription',
          date: day(6),
          payment_status: 'Paid',
          amount_cents: 450,
          currency_code: 'EUR',
          tier_title: 'Ink',
        },
        { type: 'pledge_pause', date: null, first_seen_at: day(3) },
      ]);
      await knex('member_notes').insert({
        member_id: id,
        author_id: people.editor.staff.id,
        body: 'Kind words',
        created_at: day(5),
      });
      await knex('member_actions').insert([
        { member_id: id, staff_id: null, action: 'member.beamed', at: day(1) },
        {
          member_id: id,
          staff_id: people.manager.staff.id,
          action: 'label.added',
          details: { label: 'Press' },
          at: day(2),
        },
        { member_id: id, staff_id: null, action: 'follow_up.done', at: day(4) },
        { member_id: id, staff_id: null, action: 'note.added', details: { note_id: 1 }, at: day(5) },
      ]);
    });

    it('tells them in one order, each with who did it', async () => {
      const html = await show(id);
      expect(kindsOf(html)).toEqual(['change', 'charge', 'timeline-note', 'action', 'charge', 'action', 'action']);
      const { text } = readPage(html);
      expect(text).toContain('Charged: Paid · €4.50 · Ink');
      expect(text).toContain(`Kind words 12:00 AM · Note by ${people.editor.staff.name}`);
      expect(text).toContain(`Label added: Press 12:00 AM · By ${people.manager.staff.name}`);
      expect(text).toContain('Follow-up done 12:00 AM · By somebody who no longer works here');
      expect(text).toContain('member.beamed');
    });

    it.each([
      ['changes', ['change']],
      ['charges', ['charge', 'charge']],
      ['notes', ['timeline-note']],
      ['staff', ['action', 'action', 'action']],
    ])('shows %s alone when asked to', async (source, kinds) => {
      const html = await show(id, 'owner', `?show=${source}`);
      expect(kindsOf(html)).toEqual(kinds);
      expect(html).toMatch(new RegExp(`id="timeline-show-${source}"[^>]*aria-current="true"`));
    });

    it('tells a viewer of labels and charges, but of no payment, note or follow-up', async () => {
      const html = await show(id, 'viewer');
      expect(kindsOf(html)).toEqual(['change', 'charge', 'charge', 'action']);
      const { text } = readPage(html);
      expect(text).toContain('Charged · Ink');
      expect(text).not.toMatch(/Charged: Paid|4\.50|Kind words|Follow-up/);
    });

    it('leads through all of them once, in order, whatever the source', async () => {
      const { knex } = panel.context;
      const days = Array.from({ length: 40 }, (_, number) => day(100 + number));
      await insertPledgeEvents(
        knex,
        campaign,
        id,
        days.map((date) => ({ type: 'subscription', date })),
      );
      await knex('member_notes').insert(
        days.map((created_at) => ({ member_id: id, body: `On ${created_at}`, created_at })),
      );
      await knex('member_actions').insert(days.map((at) => ({ member_id: id, action: 'follow_up.done', at })));
      const seen: string[] = [];
      let address: string | undefined = `/patreon/members/${id}/`;
      while (address) {
        const html: string = (await people.owner.get(address).expect(200)).text;
        const entries = [
          ...html.matchAll(/<li data-(change|charge|timeline-note|action)>[\s\S]*?<time datetime="([^"]+)"/g),
        ];
        expect(entries.length).toBeLessThanOrEqual(25);
        seen.push(...entries.map(([, kind, at = '']) => `${new Date(at).toISOString()} ${kind}`));
        address = readPage(html).link('next')?.replace(/#.*/, '');
      }
      expect(seen).toHaveLength(127);
      expect(seen.map((entry) => entry.slice(0, 24))).toEqual(
        seen
          .map((entry) => entry.slice(0, 24))
          .sort()
          .reverse(),
      );
      expect(new Set(seen.slice(1, 121)).size).toBe(120);
    });

    it.each(['everything', 'changes&show=notes', '%00'])('answers 400 to show=%s', async (source) => {
      const answer = await people.owner.get(`/patreon/members/${id}/?show=${source}`);
      expect([answer.status, readPage(answer.text).text]).toEqual([
        400,
        expect.stringContaining('does not know this choice'),
      ]);
    });
  });
});

describe('a page of several sources', () => {
  const at = (day: number) => `2026-01-${String(day).padStart(2, '0')}T00:00:00Z`;
  const changes = (days: number[], isAll: boolean): TimelineBatch => ({
    items: days.map((day) => ({ source: 'changes', at: at(day), position: day, rows: [] })),
    isAll,
  });

  it('ends where one of them was not read far enough, for what follows could be newer than the rest', () => {
    const page = mergeNewest([changes([9, 7], false), changes([8, 5, 1], true)], 25);
    expect(page.items.map(({ position }) => position)).toEqual([9, 8, 7]);
    expect(page.isAll).toBe(false);
  });

  it('is the last one only when nothing is left anywhere', () => {
    const batches = [changes([9, 7], true), changes([8], true)];
    expect(mergeNewest(batches, 3).isAll).toBe(true);
    expect(mergeNewest(batches, 2).isAll).toBe(false);
    expect(mergeNewest([], 25)).toEqual({ items: [], isAll: true });
  });
});
