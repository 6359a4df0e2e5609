import { calendarMonth } from '../../src/apps/posts/calendar-month';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { deleteCampaigns, insertCampaign, insertPosts } from '../support/campaign-factories';
import { type Page, readPage } from '../support/page';
import { insertDraft, storedDraft, versionsOf } from './draft-factories';

const CALENDAR = '/patreon/posts/calendar/';
const clock = { now: () => new Date('2026-11-18T10:00:00Z') };

let app: TestApp;
let editor: SignedInVisitor;
let viewer: SignedInVisitor;
let campaign: number;

beforeAll(async () => {
  app = await startTestApp({ clock });
  editor = await app.signInAs('editor');
  viewer = await app.signInAs('viewer');
});
afterAll(() => app.close());
beforeEach(async () => {
  campaign = await insertCampaign(knex(), { name: 'Tidewater Radio' });
});
afterEach(() => deleteCampaigns(knex()));

const knex = () => app.context.knex;
const inZone = (campaignId: number, time_zone: string) =>
  knex()('campaign_settings').insert({ campaign_id: campaignId, time_zone });
const pageOf = async (path: string, visitor = editor) => readPage((await visitor.get(path).expect(200)).text);

/** What stands in the cell of a day, its head included. */
function cellOf({ html }: Page, day: string): string {
  const start = html.indexOf(`data-day="${day}"`);
  if (start < 0) throw new Error(`The calendar has no cell for ${day}`);
  return html.slice(start, html.indexOf('</td>', start));
}

describe('the calendar', () => {
  it('shows drafts on the day for which they are planned and posts on that of their publication', async () => {
    const draft = await insertDraft(knex(), campaign, {
      title: 'How the harbour froze',
      state: 'ready',
      planned_for: '2026-11-20T17:30:00Z',
    });
    const [post] = await insertPosts(knex(), campaign, [{ title: 'Episode 41', published_at: '2026-11-03T18:00:00Z' }]);
    const page = await pageOf(`${CALENDAR}?month=2026-11`);
    expect(cellOf(page, '2026-11-20')).toContain(`data-id="${draft}"`);
    expect(cellOf(page, '2026-11-20')).toMatch(/5:30\sPM[\s\S]*How the harbour froze[\s\S]*Ready/);
    expect(cellOf(page, '2026-11-03')).toMatch(new RegExp(`data-id="${post}"[\\s\\S]*Episode 41[\\s\\S]*Published`));
    expect(page.rows('planned').map(({ id }) => id)).toEqual([String(draft)]);
  });

  it('uses the clocks of the campaign, also over the change of summer time', async () => {
    await inZone(campaign, 'America/New_York');
    await insertDraft(knex(), campaign, { title: 'Late', planned_for: '2026-11-21T03:30:00Z' });
    await insertDraft(knex(), campaign, { title: 'Summer', planned_for: '2026-11-01T03:30:00Z' });
    const page = await pageOf(`${CALENDAR}?month=2026-11`);
    expect(cellOf(page, '2026-11-20')).toMatch(/10:30\sPM[\s\S]*Late/);
    expect(cellOf(await pageOf(`${CALENDAR}?month=2026-10`), '2026-10-31')).toMatch(/11:30\sPM[\s\S]*Summer/);
    expect(page.text).toContain('Days and hours are those of America/New York.');
  });

  it('says that campaigns keep their own clocks when these differ, and shows one by itself', async () => {
    const other = await insertCampaign(knex(), { name: 'Night Listeners' });
    await inZone(other, 'Asia/Tokyo');
    const mine = await insertDraft(knex(), campaign, { title: 'Mine', planned_for: '2026-11-20T20:00:00Z' });
    const theirs = await insertDraft(knex(), other, { title: 'Theirs', planned_for: '2026-11-20T20:00:00Z' });
    const both = await pageOf(`${CALENDAR}?month=2026-11`);
    expect(both.text).toContain('Each post stands on its day by the clocks of its own campaign.');
    expect(cellOf(both, '2026-11-20')).toContain(`data-id="${mine}"`);
    expect(cellOf(both, '2026-11-21')).toContain(`data-id="${theirs}"`);
    const one = await pageOf(`${CALENDAR}?month=2026-11&campaign=${other}`);
    expect(one.rows('planned').map(({ id }) => id)).toEqual([String(theirs)]);
    await editor.get(`${CALENDAR}?campaign=987654`).expect(404);
  });

  it('tells a draft that was found on Patreon once, as the post that it became', async () => {
    const [post] = await insertPosts(knex(), campaign, [{ title: 'Out', published_at: '2026-11-04T18:00:00Z' }]);
    const draft = await insertDraft(knex(), campaign, {
      title: 'Out',
      state: 'drifted',
      planned_for: '2026-11-05T18:00:00Z',
      post_id: post,
    });
    const page = await pageOf(`${CALENDAR}?month=2026-11`);
    expect(cellOf(page, '2026-11-04')).toMatch(new RegExp(`data-id="${post}"[\\s\\S]*Drifted`));
    expect(page.html).not.toContain(`id="draft-${draft}"`);
  });

  it('calls what has no title as every other page does', async () => {
    await insertPosts(knex(), campaign, [{ title: '', published_at: '2026-11-04T18:00:00Z' }]);
    await insertDraft(knex(), campaign, { title: '', planned_for: '2026-11-24T18:00:00Z' });
    const page = await pageOf(`${CALENDAR}?month=2026-11`);
    expect(cellOf(page, '2026-11-04')).toContain('Untitled post');
    expect(cellOf(page, '2026-11-24')).toContain('Untitled draft');
  });

  it('keeps drafts without a day at the side, until they are past planning', async () => {
    const idea = await insertDraft(knex(), campaign, { title: 'Some day', state: 'idea' });
    const gone = await insertDraft(knex(), campaign, { title: 'Thrown away', deleted_at: '2026-11-01T00:00:00Z' });
    const handed = await insertDraft(knex(), campaign, { title: 'On its way', state: 'handed_off' });
    const { html } = await pageOf(CALENDAR);
    const side = html.slice(html.indexOf('data-unplanned'));
    expect(side).toContain(`id="draft-${idea}"`);
    for (const id of [gone, handed]) expect(html).not.toContain(`id="draft-${id}"`);
    await knex()('patreon_campaigns').where({ id: campaign }).update({ gone_at: new Date() });
    expect((await pageOf(CALENDAR)).html).not.toContain(`id="draft-${idea}"`);
  });

  it('marks today and what is overdue: not handed off in time, or not seen a day after', async () => {
    const given = [
      ['Late', 'draft', '2026-11-18T09:59:00Z', true],
      ['Not yet', 'draft', '2026-11-18T10:01:00Z', false],
      ['Under way', 'handed_off', '2026-11-17T10:01:00Z', false],
      ['Lost', 'handed_off', '2026-11-17T09:59:00Z', true],
      ['Out', 'published', '2026-11-10T09:00:00Z', false],
      ['Perhaps', 'idea', '2026-11-10T09:00:00Z', false],
    ] as const;
    for (const [title, state, planned_for] of given) await insertDraft(knex(), campaign, { title, state, planned_for });
    const [live, other] = await insertPosts(knex(), campaign, [
      { title: 'Live', published_at: '2026-11-10T09:00:04Z' },
      { title: 'Live too', published_at: '2026-11-10T09:00:04Z' },
    ]);
    const revision = { state: 'draft', title: 'Anew' } as const;
    await insertDraft(knex(), campaign, { ...revision, planned_for: '2026-11-10T09:00:00Z', post_id: live });
    await insertDraft(knex(), campaign, { ...revision, planned_for: '2026-11-12T09:00:00Z', post_id: other });
    const page = await pageOf(CALENDAR);
    const overdue = page.rows('planned').filter(({ text }) => text.includes('Overdue'));
    expect(overdue.map(({ text }) => text.split(' ')[0]).sort()).toEqual(['Anew', 'Late', 'Lost']);
    const { body } = await editor.get('/patreon/api/status/', { accept: 'application/json' });
    const told = body.problems.filter(({ code }: { code: string }) => code === 'plan_overdue');
    expect(told.map(({ message }: { message: string }) => message).sort()).toEqual([
      expect.stringContaining('A post was handed off more than a day ago'),
      expect.stringContaining('The hour of 2 planned posts has come'),
    ]);
    expect([...page.html.matchAll(/aria-current="date"/g)]).toHaveLength(1);
    expect(cellOf(page, '2026-11-18')).toContain('aria-current="date"');
  });

  it('shows the first few of a full day and leads to the others', async () => {
    for (let minute = 10; minute < 17; minute += 1)
      await insertDraft(knex(), campaign, { title: `Advent ${minute}`, planned_for: `2026-11-29T08:${minute}:00Z` });
    const cell = cellOf(await pageOf(`${CALENDAR}?month=2026-11`), '2026-11-29');
    expect(cell).toContain('+3 more');
    expect([...cell.matchAll(/<li /g)]).toHaveLength(4);
    const day = await pageOf(`${CALENDAR}?day=2026-11-29`);
    expect([day.total, [...day.html.matchAll(/data-type="draft"/g)].length]).toEqual([7, 7]);
    expect(day.title).toContain('Sunday, November 29 2026');
  });

  it('begins the week as the reader does, and leads to the months beside', async () => {
    const american = await pageOf(`${CALENDAR}?month=2026-11`);
    expect(american.html.indexOf('title="Sunday"')).toBeLessThan(american.html.indexOf('title="Monday"'));
    expect(american.html).toContain('?month=2026-10');
    expect(american.html).toContain('?month=2026-12');
    await knex()('staff').update({ locale: 'fr' }).where({ id: editor.staff.id });
    const french = await pageOf(`${CALENDAR}?month=2026-11`);
    await knex()('staff').update({ locale: 'en' }).where({ id: editor.staff.id });
    expect(french.html.indexOf('title="lundi"')).toBeLessThan(french.html.indexOf('title="dimanche"'));
    expect(french.text).toContain('Calendrier');
  });

  it.each(['month=2026-13', 'month=x', 'day=2026-02-30', 'day=1', 'month=2026-11&month=2026-12'])(
    'shows the present month to whoever asks for none that is there (%s)',
    async (query) => expect((await pageOf(`${CALENDAR}?${query}`)).html).toContain('aria-current="date"'),
  );

  it('has whole weeks in every month and every beginning of the week', () => {
    for (let month = 1; month <= 12; month += 1)
      for (const firstDay of [1, 6, 7] as const) {
        const { weeks } = calendarMonth(`2024-${String(month).padStart(2, '0')}`, firstDay);
        const days = weeks.flat();
        expect(new Set(days).size).toBe(weeks.length * 7);
        expect(weeks.every(([first = '']) => new Date(`${first}T00:00:00Z`).getUTCDay() === firstDay % 7)).toBe(true);
        const inMonth = days.filter((day) => day.startsWith(`2024-${String(month).padStart(2, '0')}`));
        expect(inMonth).toHaveLength(new Date(Date.UTC(2024, month, 0)).getUTCDate());
        expect(weeks.length).toBeLessThanOrEqual(6);
      }
  });

  it('lets viewers read it and move nothing', async () => {
    const id = await insertDraft(knex(), campaign, { title: 'Ready', planned_for: '2026-11-20T17:30:00Z' });
    const { html } = await pageOf(CALENDAR, viewer);
    expect(html).toContain(`id="draft-${id}"`);
    expect(html).not.toMatch(/data-movable|\/plan\//);
    await viewer.get(`/patreon/posts/${id}/plan/`).expect(403);
    expect((await viewer.postForm(`/patreon/posts/${id}/plan/`, { planned_for: '2026-11-21T10:00' })).status).toBe(403);
  });
});

describe('planning a draft', () => {
  const plan = (id: number, fields: Record<string, string>) => editor.postForm(`/patreon/posts/${id}/plan/`, fields);

  it('takes the day and hour of the campaign, makes a version and leads back with a way to undo', async () => {
    await inZone(campaign, 'Europe/Paris');
    const id = await insertDraft(knex(), campaign, {
      title: 'Harbour',
      state: 'ready',
      content: 'Ice.',
      planned_for: '2026-11-20T17:30:00Z',
    });
    const next = `${CALENDAR}?month=2026-11`;
    const answer = await plan(id, { planned_for: '2026-12-24T18:30', next });
    expect([answer.status, answer.headers.location]).toEqual([303, next]);
    expect(await storedDraft(knex(), id)).toMatchObject({
      planned_for: '2026-12-24T17:30:00.000+00:00',
      version: 2,
      state: 'ready',
      saved_by: editor.staff.id,
    });
    expect((await versionsOf(knex(), id)).at(-1)).toMatchObject({
      version: 2,
      content: 'Ice.',
      planned_for: '2026-12-24T17:30:00.000+00:00',
    });
    const page = await pageOf(next);
    expect(page.text).toContain('“Harbour” is planned for Thursday, December 24, 2026 at 6:30 PM.');
    const undo = /action="(\/patreon\/posts\/\d+\/plan\/1\/[^"]*)"/.exec(page.html)?.[1] as string;
    expect((await editor.postForm(undo.replaceAll('&amp;', '&'))).headers.location).toBe(next);
    expect(await storedDraft(knex(), id)).toMatchObject({ planned_for: '2026-11-20T17:30:00.000+00:00', version: 3 });
  });

  it('reads an hour that the clocks skip as the one after, and one that they show twice as the second', async () => {
    await inZone(campaign, 'Europe/Paris');
    const id = await insertDraft(knex(), campaign, { title: 'Night' });
    await plan(id, { planned_for: '2026-03-29T02:30' });
    expect((await storedDraft(knex(), id)).planned_for).toBe('2026-03-29T01:30:00.000+00:00');
    await plan(id, { planned_for: '2026-10-25T02:30' });
    expect((await storedDraft(knex(), id)).planned_for).toBe('2026-10-25T01:30:00.000+00:00');
  });

  it('knows every time zone that the settings of a campaign offer', async () => {
    const zones = Intl.supportedValuesOf('timeZone');
    const sql = 'select count((now() at time zone zone)::text) as count from unnest(?::text[]) as offered (zone)';
    const { rows } = await knex().raw(sql, [zones]);
    expect(rows[0].count).toBe(zones.length);
  });

  it('warns of a time in the past, and takes a draft off the calendar', async () => {
    const id = await insertDraft(knex(), campaign, { title: 'Harbour', planned_for: '2026-11-20T17:30:00Z' });
    await plan(id, { planned_for: '2026-11-01T10:00' });
    expect((await pageOf(CALENDAR)).text).toContain('which is in the past');
    await plan(id, { planned_for: '2026-11-01T10:00', unplan: 'true' });
    expect((await storedDraft(knex(), id)).planned_for).toBeNull();
  });

  it('makes no version of a time that it has', async () => {
    const id = await insertDraft(knex(), campaign, { title: 'Harbour', planned_for: '2026-11-20T17:30:00Z' });
    expect((await plan(id, { planned_for: '2026-11-20T17:30' })).status).toBe(303);
    expect((await storedDraft(knex(), id)).version).toBe(1);
  });

  it.each(['2026-02-30T10:00', '2026-11-20', 'tomorrow', '2026-11-20T25:00', '0026-11-20T10:00'])(
    'refuses %s with the form, what was typed and a word on it',
    async (planned_for) => {
      const id = await insertDraft(knex(), campaign, { title: 'Harbour' });
      const answer = await plan(id, { planned_for });
      expect([answer.status, readPage(answer.text).values().planned_for]).toEqual([422, planned_for]);
      expect(answer.text).toContain('Give a day and a time');
    },
  );

  it('refuses what was handed off, what is deleted and what is no draft', async () => {
    const handed = await insertDraft(knex(), campaign, { title: 'On its way', state: 'handed_off' });
    const answer = await plan(handed, { planned_for: '2026-12-24T18:30' });
    expect([answer.status, (await storedDraft(knex(), handed)).planned_for]).toEqual([422, null]);
    expect(readPage(answer.text).text).toContain('was handed off');
    const gone = await insertDraft(knex(), campaign, { deleted_at: '2026-11-01T00:00:00Z' });
    const [post] = await insertPosts(knex(), campaign, [{ title: 'Episode 41' }]);
    for (const id of [gone, post as number, 999_999_999_999_999])
      expect((await plan(id, { planned_for: '2026-12-24T18:30' })).status).toBe(404);
    expect((await editor.postForm(`/patreon/posts/${handed}/plan/999999999999/`)).status).toBe(404);
  });

  it('answers htmx with the calendar as it is now and what was done', async () => {
    const id = await insertDraft(knex(), campaign, { title: 'Harbour' });
    const next = `${CALENDAR}?month=2026-12`;
    const answer = await editor.postForm(
      `/patreon/posts/${id}/plan/`,
      { planned_for: '2026-12-24T18:30', next },
      { 'hx-request': 'true' },
    );
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('<html');
    const page = readPage(answer.text);
    expect(page.text).toContain('is planned for');
    expect(cellOf(page, '2026-12-24')).toContain(`data-id="${id}"`);
  });

  it('makes a version of each when two people plan at once', async () => {
    const id = await insertDraft(knex(), campaign, { title: 'Harbour' });
    const answers = await Promise.all(
      ['10', '11', '12', '13'].map((hour) => plan(id, { planned_for: `2026-12-24T${hour}:00` })),
    );
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303, 303]);
    expect((await versionsOf(knex(), id)).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5]);
  });
});
