import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertTiers } from '../support/campaign-factories';
import { insertAddress, insertMember, insertMembers } from '../support/factories';
import { readPage } from '../support/page';

const EXPORT = '/patreon/members/export/';
const EVERYTHING = [
  'id',
  'full_name',
  'email',
  'kind',
  'tiers',
  'monthly_cents',
  'currently_entitled_amount_cents',
  'pledge_relationship_start',
  'is_gifted',
  'labels',
  'follow_up',
  'has_address',
];

describe('/patreon/members/export/', () => {
  let app: TestApp;
  let owner: SignedInVisitor;
  let manager: SignedInVisitor;
  let campaign: number;

  beforeAll(async () => {
    app = await startTestApp();
    owner = await app.signInAs('owner');
    manager = await app.signInAs('manager');
  });
  afterAll(async () => {
    await app.close();
  });
  beforeEach(async () => {
    const { knex } = app.context;
    await deleteCampaigns(knex);
    for (const table of ['exports', 'member_fields', 'labels']) await knex(table).delete();
    campaign = await insertCampaign(knex, { name: 'Lanterns', currency: 'EUR' });
  });

  const table = (name: string) => app.context.knex(name).orderBy('id');
  const audited = (id: number) =>
    app.context
      .knex('audit_entries')
      .where({ subject_type: 'export', subject_id: String(id) })
      .orderBy('id');
  const take = (fields: Record<string, string | string[]>, query = '', who = owner) =>
    who.postForm(EXPORT + query, { format: 'json', column: ['id', 'full_name'], ...fields });
  const rowsOf = (text: string) => JSON.parse(text) as Record<string, unknown>[];

  describe('the page', () => {
    it('says how many members there will be, offers columns with those of the list chosen, and leads back', async () => {
      await insertMembers(app.context.knex, campaign, [{}, {}, { patron_status: null, last_charge_status: null }]);
      const { text } = await owner.get(`${EXPORT}?kind=paying&sort=name`).expect(200);
      const page = readPage(text);
      expect(page.total).toBe(2);
      expect(text).toContain('href="/patreon/members/?kind=paying&amp;sort=name"');
      expect(text).toContain(`action="${EXPORT}?kind=paying&amp;sort=name"`);
      const chosen = [...text.matchAll(/name="column" value="(\w+)" checked/g)].map(([, name]) => name);
      expect(chosen).toEqual(expect.arrayContaining(['patreon_id', 'full_name', 'email', 'kind', 'monthly_cents']));
      expect(chosen).not.toContain('address');
      expect(chosen).not.toContain('note');
      expect(page.text).toContain('Paying');
    });

    it('is linked from the list with the very filter and order, for those who may', async () => {
      await insertMember(app.context.knex, campaign);
      const list = (await owner.get('/patreon/members/?kind=paying&sort=-name').expect(200)).text;
      expect(list).toContain(`href="${EXPORT}?kind=paying&amp;sort=-name"`);
      const ofCampaign = (await owner.get(`/patreon/campaigns/${campaign}/members/?kind=paying`).expect(200)).text;
      const [, query = ''] = /href="\/patreon\/members\/export\/\?([^"]*)"/.exec(ofCampaign) ?? [];
      expect(new URLSearchParams(query.replaceAll('&amp;', '&')).get('campaign')).toBe(String(campaign));
      const editor = await app.signInAs('editor');
      expect((await editor.get('/patreon/members/').expect(200)).text).not.toContain(EXPORT);
    });

    it('refuses a filter that the list refuses, in words', async () => {
      const { text } = await owner.get(`${EXPORT}?kind=patron`).expect(400);
      expect(readPage(text).text).toContain('There is no such kind of membership');
      const answer = await take({}, '?kind=patron');
      expect([answer.status, readPage(answer.text).text]).toEqual([400, expect.stringContaining('no such kind')]);
      expect(await table('exports')).toEqual([]);
    });

    it('is closed to editors and viewers, and so is the file', async () => {
      for (const role of ['editor', 'viewer'] as const) {
        const person = await app.signInAs(role);
        expect((await person.get(EXPORT)).status).toBe(403);
        expect((await person.get(`${EXPORT}?format=csv`)).status).toBe(403);
        expect((await take({}, '', person)).status).toBe(403);
      }
      expect(await table('exports')).toEqual([]);
    });

    it('shows who took what, newest first, and htmx gets that part alone', async () => {
      await insertMember(app.context.knex, campaign);
      await take({ format: 'csv' });
      await take({}, '', manager);
      const rows = readPage((await owner.get(EXPORT).expect(200)).text).rows('exports');
      expect(rows.map(({ attributes, text }) => [attributes['data-state'], attributes['data-rows'], text])).toEqual([
        ['succeeded', '1', expect.stringContaining(manager.staff.name)],
        ['succeeded', '1', expect.stringContaining('CSV')],
      ]);
      const fragment = await owner.get(EXPORT, { 'HX-Request': 'true' }).expect(200);
      expect(fragment.text.trimStart()).toMatch(/^<section [^>]*id="export-history"/);
    });
  });

  describe('the file', () => {
    it('is a CSV of the chosen columns, with the byte order mark, attached under a name of the day', async () => {
      await insertMember(app.context.knex, campaign, {
        full_name: 'Zoë "Lantern" Brandt, Jr.\nof Kiel',
        email: 'z@example.com',
      });
      const answer = await take({ format: 'csv', column: ['full_name', 'email', 'monthly_cents'] });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
      expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="?members-\d{4}-\d\d-\d\d\.csv"?$/);
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.text).toBe(
        '\ufeff"full_name","email","monthly_cents","monthly","currency"\r\n' +
          '"Zoë ""Lantern"" Brandt, Jr.\nof Kiel","z@example.com","500","5.00","EUR"\r\n',
      );
    });

    it.each(['=1+1', '+1', '-1+1', '@SUM(1)', '\t=1', '\r=1', ' =1', '\n=1', '\uff1d1', '  @x'])(
      'lets no spreadsheet take the name %j for a formula',
      async (full_name) => {
        await insertMember(app.context.knex, campaign, { full_name });
        const { text } = await take({ format: 'csv', column: 'full_name' });
        expect(text).toBe(`\ufeff"full_name"\r\n"'${full_name}"\r\n`);
        expect(rowsOf((await take({ column: 'full_name' })).text)).toEqual([{ full_name }]);
      },
    );

    it('is a JSON array with every value in its own type', async () => {
      const { knex } = app.context;
      await insertTiers(knex, campaign, [{ patreon_id: '71', title: 'Wick' }]);
      const id = await insertMember(knex, campaign, {
        currently_entitled_tiers: ['71', '72'],
        currently_entitled_amount_cents: 1_250,
        pledge_relationship_start: '2025-03-11T12:00:39.002+00:00',
      });
      const [label] = await knex('labels').insert({ name: 'Moth' }).returning('id');
      await knex('member_labels').insert({ label_id: label.id, member_id: id });
      await knex('member_follow_ups').insert({
        member_id: id,
        owner_id: owner.staff.id,
        due_on: '2026-12-01',
        task: 'Ask',
      });
      const { text, headers } = await take({ column: EVERYTHING });
      expect(headers['content-type']).toBe('application/json; charset=utf-8');
      expect(rowsOf(text)).toEqual([
        {
          id,
          full_name: 'Sunniva Harrow',
          email: 'sunniva.harrow@example.com',
          kind: 'paying',
          tiers: ['Wick', '72'],
          monthly_cents: 1_250,
          monthly: '12.50',
          currently_entitled_amount_cents: 1_250,
          currently_entitled_amount: '12.50',
          currency: 'EUR',
          pledge_relationship_start: '2025-03-11T12:00:39.002+00:00',
          is_gifted: false,
          labels: ['Moth'],
          follow_up_owner: owner.staff.name,
          follow_up_due_on: '2026-12-01',
          follow_up_task: 'Ask',
          has_address: false,
        },
      ]);
    });

    it('has a column for each custom field, under the name that staff gave it', async () => {
      const { knex } = app.context;
      const id = await insertMember(knex, campaign);
      const [field] = await knex('member_fields').insert({ name: '=Shirt' }).returning('id');
      await knex('member_field_values').insert({ member_id: id, field_id: field.id, value: '-2+3' });
      const { text } = await take({ format: 'csv', column: ['id', `field_${field.id}`] });
      expect(text).toBe(`\ufeff"id","field: =Shirt"\r\n"${id}","'-2+3"\r\n`);
    });

    it('holds exactly the members of the list, in its order, however many pages the list has', async () => {
      const people = Array.from({ length: 1_203 }, (_, i) => ({
        full_name: i % 7 === 0 ? null : `Person ${(i * 7_919) % 1_203}`,
        patron_status: i % 3 === 0 ? 'former_patron' : 'active_patron',
      }));
      await insertMembers(app.context.knex, campaign, people);
      await insertMember(app.context.knex, await insertCampaign(app.context.knex));
      for (const sort of ['name', '-name']) {
        const query = `?campaign=${campaign}&kind=paying&sort=${sort}`;
        const listed: number[] = [];
        let address: string | undefined = `/patreon/members/${query}`;
        while (address) {
          const page = readPage((await owner.get(address).expect(200)).text);
          listed.push(...page.rows('members').map(({ id }) => Number(id)));
          address = page.link('next');
        }
        expect(listed).toHaveLength(802);
        expect(rowsOf((await take({ column: 'id' }, query)).text).map(({ id }) => id)).toEqual(listed);
      }
    });

    it('holds those alone who were picked in the list, in its order, also where they fit it no more', async () => {
      const [a, b, c] = await insertMembers(app.context.knex, campaign, [
        { full_name: 'Cy' },
        { full_name: 'Ada' },
        { full_name: 'Ben', patron_status: null, last_charge_status: null },
      ]);
      const query = 'kind=paying&sort=name';
      const chosen = await owner.postForm('/patreon/members/bulk/', { action: 'export', query, ids: [`${a}`, `${c}`] });
      const address = `${EXPORT}?kind=paying&sort=name&ids=${a}%2C${c}`;
      expect([chosen.status, chosen.headers.location]).toEqual([303, address]);
      const { text } = await owner.get(address).expect(200);
      expect([readPage(text).total, readPage(text).text]).toEqual([2, expect.stringContaining('selected in the list')]);
      expect(text).toContain('href="/patreon/members/?kind=paying&amp;sort=name"');
      const twice = await owner.get(`${EXPORT}?kind=paying&sort=name&ids=${a}&ids=${c}`).expect(200);
      expect(readPage(twice.text).total).toBe(2);
      expect(text).toContain(`action="${EXPORT}?kind=paying&amp;sort=name&amp;ids=${a}%2C${c}"`);
      const file = await take({}, `?kind=paying&sort=name&ids=${a},${c}`);
      expect(rowsOf(file.text).map(({ full_name }) => full_name)).toEqual(['Ben', 'Cy']);
      const [taken] = await table('exports');
      expect(taken.query).toBe('kind=paying&sort=name');
      expect((await audited(taken.id))[0].details).toMatchObject({ picked: 2 });
      expect(b).toBeGreaterThan(0);
    });

    it('is not begun for nobody, nor for what names nobody', async () => {
      const nobody = await owner.postForm('/patreon/members/bulk/', { action: 'export', query: '' });
      expect([nobody.status, readPage(nobody.text).text]).toEqual([422, expect.stringContaining('Nobody is selected')]);
      for (const ids of ['x', '1,,2', '-1']) expect((await owner.get(`${EXPORT}?ids=${ids}`)).status).toBe(400);
      const all = await owner.postForm('/patreon/members/bulk/', {
        action: 'export',
        scope: 'matching',
        query: 'kind=gift',
      });
      expect(all.headers.location).toBe(`${EXPORT}?kind=gift`);
    });

    it('is whole when nobody matches', async () => {
      expect((await take({ format: 'csv', column: 'id' })).text).toBe('\ufeff"id"\r\n');
      expect(rowsOf((await take({ column: 'id' })).text)).toEqual([]);
    });

    it('can be had by a plain link, with the columns of the list unless others are named', async () => {
      await insertMember(app.context.knex, campaign);
      const usual = await owner.get(`${EXPORT}?format=csv`).expect(200);
      expect(usual.text).toMatch(/^\ufeff"patreon_id","campaign","full_name","email","kind"/);
      const named = await owner.get(`${EXPORT}?format=json&column=full_name`).expect(200);
      expect(rowsOf(named.text)).toEqual([{ full_name: 'Sunniva Harrow' }]);
    });

    it('is not begun by a link on another site, nor by asking for the head alone', async () => {
      const answer = await owner.get(`${EXPORT}?format=csv`, { 'Sec-Fetch-Site': 'cross-site' }).expect(200);
      expect(answer.headers['content-type']).toMatch(/^text\/html/);
      await owner.agent.head(`${EXPORT}?format=csv`).expect(200);
      expect(await table('exports')).toEqual([]);
    });

    it.each([
      ['a format that there is not', { format: 'xml' }],
      ['a column that there is not', { column: ['id', 'password_hash'] }],
      ['no column at all', { column: [] }],
      ['a column out of a prototype', { column: '__proto__' }],
    ])('is refused for %s, with the form as it was sent', async (_what, fields) => {
      const answer = await take(fields);
      expect(answer.status).toBe(422);
      expect(answer.text).toContain('class="field__error"');
      expect(await table('exports')).toEqual([]);
    });
  });

  describe('addresses', () => {
    beforeEach(async () => {
      const { knex } = app.context;
      const [first] = await insertMembers(knex, campaign, [{ full_name: 'Ada' }, { full_name: 'Basil' }]);
      await insertAddress(app.context, campaign, first as number, {
        addressee: 'Ada',
        city: 'Exampleton',
        line_1: '=x',
      });
    });
    const column = ['full_name', 'address'];

    it('need a reason, which the log keeps, and each look stands in the timeline of its member', async () => {
      expect((await take({ column })).status).toBe(422);
      expect(await table('exports')).toEqual([]);
      const answer = await take({ column, reason: 'Spring parcels' }, '?sort=name');
      expect(rowsOf(answer.text)).toMatchObject([
        { full_name: 'Ada', address_city: 'Exampleton', address_line_1: '=x', address_country: null },
        { full_name: 'Basil', address_city: null },
      ]);
      const [entered] = await table('exports');
      expect((await audited(entered.id))[0].details).toMatchObject({ reason: 'Spring parcels' });
      expect(await table('member_actions')).toMatchObject([
        { action: 'address.exported', staff_id: owner.staff.id, details: { export_id: entered.id } },
      ]);
    });

    it('are never given to a plain link', async () => {
      expect((await owner.get(`${EXPORT}?format=json&column=address&reason=because`)).status).toBe(422);
      expect(await table('exports')).toEqual([]);
    });
  });

  describe('the log', () => {
    it('tells who took which columns of how many members, and no text that was searched for', async () => {
      await insertMember(app.context.knex, campaign);
      await take({ column: ['id', 'email'], reason: 'not needed' }, '?q=sunniva.harrow%40example.com&kind=paying');
      const [entered] = await table('exports');
      expect(entered).toMatchObject({
        state: 'succeeded',
        rows: 1,
        columns: ['id', 'email'],
        staff_id: owner.staff.id,
      });
      const entries = await audited(entered.id);
      expect(entries.map(({ action, actor, details }) => [action, actor, details])).toEqual([
        [
          'export.started',
          `staff:${owner.staff.id}`,
          { format: 'json', columns: ['id', 'email'], query: expect.stringContaining('kind=paying') },
        ],
        ['export.succeeded', `staff:${owner.staff.id}`, { rows: 1 }],
      ]);
      expect(JSON.stringify([entered, entries])).not.toMatch(/sunniva|example\.com/i);
    });
  });

  describe('while one is being written', () => {
    const running = (staff_id: number, seconds = 0) =>
      app.context.knex('exports').insert({
        staff_id,
        format: 'csv',
        query: '',
        columns: ['id'],
        seen_at: app.context.knex.raw(`now() - ? * interval '1 second'`, [seconds]),
      });

    it('the same person cannot begin another, and is told so; others can', async () => {
      await running(owner.staff.id);
      const answer = await take({ column: 'full_name' });
      expect([answer.status, readPage(answer.text).text]).toEqual([
        409,
        expect.stringContaining('still being written'),
      ]);
      expect(readPage(answer.text).values()).toMatchObject({ format: 'json', column: 'full_name' });
      expect((await take({}, '', manager)).status).toBe(200);
    });

    it('no more than three run at once', async () => {
      for (let n = 0; n < 3; n += 1) await running((await app.createStaff('manager')).id);
      const answer = await take({});
      expect([answer.status, readPage(answer.text).text]).toEqual([
        409,
        expect.stringContaining('Try again in a minute'),
      ]);
    });

    it('one whose process was killed is over after a minute', async () => {
      await running(owner.staff.id, 61);
      expect((await take({})).status).toBe(200);
      expect((await table('exports')).map(({ state }) => state)).toEqual(['failed', 'succeeded']);
    });

    it('the page tells how far it is, and asks again', async () => {
      await running(owner.staff.id);
      await app.context.knex('exports').update({ rows: 12_000 });
      const { text } = await owner.get(EXPORT, { 'HX-Request': 'true' }).expect(200);
      expect(readPage(text).text).toContain('12,000 rows so far');
      expect(text).toContain('load delay:1s');
    });
  });

  describe('when its reader goes away', () => {
    it('the query ends, the export is over and counts what was taken', async () => {
      const { knex } = app.context;
      const people = Array.from({ length: 5_000 }, () => ({ note: 'Sends postcards. '.repeat(120) }));
      for (let from = 0; from < 5_000; from += 1_000)
        await insertMembers(knex, campaign, people.slice(from, from + 1_000));
      await leaveAfterTheFirstBytes(app, owner, `${EXPORT}?format=json&column=note`);
      const state = async () => (await knex('exports').first()).state;
      while ((await state()) === 'running') await sleep(20);
      expect(await knex('exports').first()).toMatchObject({ state: 'cancelled', finished_at: expect.anything() });
      expect((await knex('exports').first()).rows).toBeLessThan(5_000);
      const { rows } = await knex.raw(
        `select query from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
      );
      expect(rows).toEqual([]);
      expect((await take({ column: 'id' })).status).toBe(200);
    });

    it('a statement that is still looking for rows is cancelled', async () => {
      const { knex } = app.context;
      await insertMember(knex, campaign);
      await knex.raw(`alter table patreon_members rename to held_members`);
      await knex.raw(`create view patreon_members as select * from held_members where pg_sleep(600) is not null`);
      try {
        const left = leaveOnceBusy(app, owner, `${EXPORT}?format=json&column=full_name`, async () => {
          const { rows } = await knex.raw(
            `select 1 from pg_stat_activity where datname = current_database() and state = 'active' and query like 'fetch%'`,
          );
          return rows.length > 0;
        });
        await left;
        while ((await knex('exports').first()).state === 'running') await sleep(20);
        expect((await knex('exports').first()).state).toBe('cancelled');
      } finally {
        await knex.raw('drop view patreon_members');
        await knex.raw('alter table held_members rename to patreon_members');
      }
    });
  });
});

async function openRequest(app: TestApp, who: SignedInVisitor, path: string) {
  const cookie = (await who.agent.get('/account/')).headers['set-cookie'];
  const url = new URL(path, app.url);
  const jar = [cookie].flat().map((one) => String(one).split(';')[0]);
  const request = httpRequest(url, { headers: { cookie: jar.join('; ') } });
  request.on('error', () => undefined);
  request.end();
  return request;
}

async function leaveAfterTheFirstBytes(app: TestApp, who: SignedInVisitor, path: string): Promise<void> {
  const request = await openRequest(app, who, path);
  await new Promise<void>((resolve) => {
    request.once('response', (response) => {
      response.once('data', () => {
        response.pause();
        request.destroy();
        resolve();
      });
    });
  });
}

async function leaveOnceBusy(
  app: TestApp,
  who: SignedInVisitor,
  path: string,
  isBusy: () => Promise<boolean>,
): Promise<void> {
  const request = await openRequest(app, who, path);
  while (!(await isBusy())) await sleep(20);
  request.destroy();
}
