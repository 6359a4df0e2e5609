import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startTestApp, type TestApp } from '../support/app';
import { insertCampaign, insertPosts } from '../support/campaign-factories';
import {
  DESKTOP,
  launchBrowser,
  overflow,
  picture,
  seriousViolations,
  signIn,
  type WatchedPage,
  watchedPage,
  widenTo,
} from './browser';

const CALENDAR = '/patreon/posts/calendar/';
const NOW = new Date('2026-11-18T10:00:00Z');

let panel: TestApp;
let browser: Browser;
let session: BrowserContext;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  panel = await startTestApp({ clock: { now: () => NOW } });
  browser = await launchBrowser();
  session = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' });
  watched = await watchedPage(session);
  page = watched.page;
  const { email } = await panel.createStaff('editor');
  await signIn(page, panel.url, email);
  const campaign = await insertCampaign(knex(), { name: 'Tidewater Radio', url: 'https://www.patreon.com/tidewater' });
  await knex()('campaign_settings').insert({ campaign_id: campaign, time_zone: 'Europe/Paris', colour: 'teal' });
  await draft(campaign, { title: 'How the harbour froze', state: 'ready', planned_for: '2026-11-20T17:30:00Z' });
  await draft(campaign, {
    title: 'A letter to the night listeners',
    state: 'in_review',
    planned_for: '2026-11-26T08:00:00Z',
  });
  await draft(campaign, {
    title: 'The long-promised behind-the-scenes of episode forty-two, with outtakes',
    planned_for: '2026-11-10T08:00:00Z',
  });
  await draft(campaign, { title: 'Questions and answers', state: 'idea' });
  for (let count = 1; count <= 7; count += 1)
    await draft(campaign, { title: `Advent ${count}`, planned_for: `2026-11-29T0${count}:00:00Z` });
  await insertPosts(knex(), campaign, [
    { title: 'Episode 41', published_at: '2026-11-03T18:00:00Z', is_public: true },
    { title: 'Episode 42', published_at: '2026-11-17T18:00:00Z', is_public: false },
  ]);
});

afterAll(async () => {
  await browser?.close();
  await panel?.close();
});

afterEach(async () => {
  expect(await watched.complaints()).toEqual([]);
});

const knex = () => panel.context.knex;

async function draft(campaignId: number, values: Record<string, unknown>): Promise<number> {
  const [row] = await knex()('post_drafts')
    .insert({ campaign_id: campaignId, ...values })
    .returning(['id', 'planned_for']);
  const { is_paid, is_public, tiers, tags } = { is_paid: false, is_public: false, tiers: [], tags: [] };
  const version = { draft_id: row.id, version: 1, kind: 'created', title: values.title, content: '', notes: '' };
  await knex()('post_draft_versions').insert({
    ...version,
    is_paid,
    is_public,
    tiers,
    tags,
    planned_for: row.planned_for,
  });
  return row.id;
}

const idOf = async (title: string): Promise<number> => (await knex()('post_drafts').where({ title }).first('id')).id;
const plannedFor = async (title: string): Promise<string | null> =>
  (await knex()('post_drafts').where({ title }).first('planned_for')).planned_for;
const entry = (id: number) => page.locator(`#draft-${id}`);
const cell = (day: string) => page.locator(`td[data-day="${day}"]`);
const announced = () => page.locator('#announcer').textContent();
const focused = () => page.evaluate<string | null>('document.activeElement.closest("[data-movable]")?.id ?? null');

test('a draft is dragged to another day and keeps its hour; the message takes it back', async () => {
  await page.goto(`${panel.url}${CALENDAR}`);
  const id = await idOf('How the harbour froze');
  await entry(id).dragTo(cell('2026-11-24'));
  await cell('2026-11-24').locator(`#draft-${id}`).waitFor();
  expect(await plannedFor('How the harbour froze')).toBe('2026-11-24T17:30:00.000+00:00');
  expect(await announced()).toContain('is planned for Tuesday, November 24, 2026');
  expect(await focused()).toBe(`draft-${id}`);
  await picture(page, 'calendar-moved-desktop');
  expect(await seriousViolations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.waitForURL(`**${CALENDAR}**`);
  await cell('2026-11-20').locator(`#draft-${id}`).waitFor();
  expect(await plannedFor('How the harbour froze')).toBe('2026-11-20T17:30:00.000+00:00');
});

test('the keyboard alone gives a draft another day and hour', async () => {
  await page.goto(`${panel.url}${CALENDAR}`);
  const id = await idOf('Questions and answers');
  await page.getByRole('button', { name: 'Plan “Questions and answers”' }).focus();
  await page.keyboard.press('Enter');
  await page.locator(`#plan-${id}-at`).fill('2026-11-25T20:15');
  await picture(page, 'calendar-popover-desktop');
  await page.locator(`#plan-${id}-at`).press('Enter');
  await cell('2026-11-25').locator(`#draft-${id}`).waitFor();
  expect(await plannedFor('Questions and answers')).toBe('2026-11-25T19:15:00.000+00:00');
  expect(await focused()).toBe(`draft-${id}`);
  await page.getByRole('button', { name: 'Move “Questions and answers”' }).press('Enter');
  await page.locator(`#plan-${id}`).getByRole('button', { name: 'Take off the calendar' }).press('Enter');
  await page.locator(`[data-unplanned] #draft-${id}`).waitFor();
  expect(await plannedFor('Questions and answers')).toBeNull();
});

test('what changed under the calendar is told, and the calendar shows how it is', async () => {
  await page.goto(`${panel.url}${CALENDAR}`);
  const id = await idOf('A letter to the night listeners');
  await knex()('post_drafts').update({ state: 'handed_off' }).where({ id });
  await entry(id).dragTo(cell('2026-11-27'));
  await page.locator('#calendar .flash--error').waitFor();
  expect(await cell('2026-11-26').locator(`#draft-${id}`).count()).toBe(1);
  expect(await entry(id).getAttribute('draggable')).toBeNull();
  await knex()('post_drafts').update({ state: 'in_review' }).where({ id });
  // Chromium reports the refused request itself.
  expect(await watched.complaints()).toEqual([expect.stringContaining('422')]);
});

test('months follow each other without a reload, and the address with them', async () => {
  await page.goto(`${panel.url}${CALENDAR}`);
  await page.getByRole('link', { name: 'Next month' }).click();
  await page.waitForURL('**month=2026-12**');
  expect(await page.locator('.calendar-head__month').textContent()).toBe('December 2026');
  expect(await page.evaluate('document.activeElement.id')).toBe('calendar-next');
  await page.goBack();
  await cell('2026-11-18').waitFor();
});

test('several drafts are ticked in their list, moved together and moved back', async () => {
  await page.goto(`${panel.url}/patreon/posts/`);
  for (const title of ['Advent 1', 'Advent 2']) await page.getByLabel(`Select ${title}`).check();
  await page.locator('#draft-bulk-action').selectOption('shift');
  await picture(page, 'planning-bulk-desktop');
  await page.locator('#draft-bulk button').click();
  await page.locator('input[name="days"]').fill('3');
  await picture(page, 'planning-bulk-confirm-desktop');
  expect(await seriousViolations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Move 2 drafts' }).click();
  await page.getByRole('button', { name: 'Undo' }).waitFor();
  expect(await plannedFor('Advent 2')).toBe('2026-12-02T02:00:00.000+00:00');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('2 drafts are what they were.').waitFor();
  expect(await plannedFor('Advent 2')).toBe('2026-11-29T02:00:00.000+00:00');
});

test('a snippet is put where the cursor stands, and the browser takes it back', async () => {
  await knex()('post_snippets').insert({ name: 'Thanks', content: '**Thank you all!**' });
  const { id } = await knex()('patreon_campaigns').first('id');
  await page.goto(`${panel.url}/patreon/campaigns/${id}/create-post/`);
  const text = page.locator('#draft-content');
  await text.fill('Before. After.');
  await text.press('Home');
  for (let step = 0; step < 8; step += 1) await page.keyboard.press('ArrowRight');
  await page.locator('#editor-snippets summary').click();
  await picture(page, 'planning-snippets-desktop');
  expect(await seriousViolations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Thanks' }).click();
  expect(await text.inputValue()).toBe('Before. **Thank you all!**After.');
  await page.keyboard.press('Control+z');
  expect(await text.inputValue()).toBe('Before. After.');
});

describe('in both themes, both languages and narrow windows', () => {
  let pages: Record<string, string>;

  beforeAll(async () => {
    const first = await knex()('patreon_campaigns').first('id');
    const given = { name: 'Weekly letter', title: 'Letter of {{date}}', campaign_id: first.id };
    const [template] = await knex()('post_templates').insert(given).returning('id');
    const second = await insertCampaign(knex(), { name: 'Night Listeners' });
    await draft(second, { title: 'From the other campaign', planned_for: '2026-11-12T12:00:00Z' });
    const advent = await idOf('Advent 1');
    pages = {
      month: CALENDAR,
      day: `${CALENDAR}?day=2026-11-29`,
      templates: '/patreon/posts/templates/',
      template: `/patreon/posts/templates/${template.id}/`,
      plan: `/patreon/posts/${advent}/plan/`,
      draft: `/patreon/posts/${advent}/`,
    };
  });

  test.each([
    ['dark', 'en', 1440],
    ['dark', 'en', 375],
    ['light', 'fr', 1024],
    ['light', 'fr', 375],
  ] as const)('the pages of planning are clean (%s, %s, %d)', async (theme, locale, width) => {
    await knex()('staff').update({ theme, locale });
    await widenTo(page, width);
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(`${panel.url}${path}`);
      await picture(page, `planning-${name}-${theme}-${width}`);
      expect([name, await overflow(page)]).toEqual([name, 0]);
      expect([name, await seriousViolations(page)]).toEqual([name, []]);
    }
  });
});
