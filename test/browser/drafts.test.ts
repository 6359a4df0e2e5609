import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign, insertMembersOfKind, insertTiers } from '../support/campaign-factories';
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

const TEXT = `The tide table is back. **Every** patron of the harbour tier finds it below.

## What is new

- Spring tides are marked
- Night hours have a colour of their own

> “I have waited for this since March.”

Read [how we count](https://example.com/counting).`;

let panel: TestApp;
let colleague: SignedInVisitor;
let browser: Browser;
let session: BrowserContext;
let watched: WatchedPage;
let page: Page;
let campaign: number;

beforeAll(async () => {
  panel = await startTestApp();
  colleague = await panel.signInAs('manager');
  browser = await launchBrowser();
  session = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' });
  watched = await watchedPage(session);
  page = watched.page;
  const { email } = await panel.createStaff('editor');
  await signIn(page, panel.url, email);
  const { knex } = panel.context;
  campaign = await insertCampaign(knex, { name: 'Tidewater Radio', currency: 'EUR' });
  await knex('campaign_settings').insert({ campaign_id: campaign, time_zone: 'Europe/Paris', colour: 'teal' });
  await insertTiers(knex, campaign, [
    { patreon_id: '1', title: 'Harbour', amount_cents: 300 },
    { patreon_id: '2', title: 'Lighthouse, with a rather long name for a tier', amount_cents: 1200 },
  ]);
  await insertMembersOfKind(knex, campaign, 'paying', 12, { currently_entitled_tiers: ['1'], monthly_cents: 300 });
  await insertMembersOfKind(knex, campaign, 'paying', 5, { currently_entitled_tiers: ['2'], monthly_cents: 1200 });
});

afterAll(async () => {
  await browser?.close();
  await panel?.close();
});

afterEach(async () => {
  expect(await watched.complaints()).toEqual([]);
});

/** Looks at the page as it stands: wide and narrow, dark and light. */
async function looksGood(name: string): Promise<void> {
  for (const theme of ['dark', 'light']) {
    await page.evaluate(`document.documentElement.dataset.theme = ${JSON.stringify(theme)}`);
    expect([name, theme, await seriousViolations(page)]).toEqual([name, theme, []]);
    await picture(page, `${name}-${theme}`);
  }
  await widenTo(page, 375);
  expect([name, await overflow(page)]).toEqual([name, 0]);
  await picture(page, `${name}-phone`);
  await widenTo(page, DESKTOP.width);
  await page.evaluate(`document.documentElement.dataset.theme = 'dark'`);
}

const here = () => new URL(page.url()).pathname;
const people = () => page.locator('#draft-audience [data-people]').getAttribute('data-people');

it('writes a draft from the page of its campaign, and counts who will see it while tiers are chosen', async () => {
  await page.goto(`${panel.url}/patreon/campaigns/${campaign}/`);
  await page.getByRole('link', { name: 'Create post' }).first().click();
  await page.waitForURL('**/create-post/');
  expect(await people()).toBe('17');
  await page.getByLabel('Harbour').check();
  await page.locator('#draft-audience [data-people="12"]').waitFor();
  await page.getByLabel('Title', { exact: true }).fill('The tide table');
  await page.locator('#draft-content').fill(TEXT);
  await page.locator('#draft-planned_for').fill('2027-03-01T18:30');
  await page.locator('#draft-tags').fill('tides, tables');
  await page.locator('#draft-notes').fill('Ask Marie about the colours first.');
  await looksGood('draft-form');
  await page.getByRole('button', { name: 'Save as draft' }).click();
  await page.waitForURL('**/edit/');
  expect(await people()).toBe('12');
});

it('shows what was written, as it will look', async () => {
  await page.goto(`${panel.url}${here().replace('edit/', '')}`);
  expect(await page.locator('main .prose strong').first().textContent()).toBe('Every');
  expect(await page.locator('main').textContent()).toContain('Mar 1, 2027');
  await looksGood('draft-show');
});

it('asks which of two texts shall hold', async () => {
  await page.goto(`${panel.url}${here()}edit/`);
  const address = here();
  const words = { title: 'The tide table', notes: 'Ask Marie about the colours first.', tiers: '1', version: '1' };
  await colleague.postForm(address, { ...words, content: TEXT.replace('Spring tides', 'Neap tides'), tiers: [] });
  await page.locator('#draft-content').fill(TEXT.replace('Spring tides', 'Spring tides and storms'));
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.locator('#draft-conflict').waitFor();
  await looksGood('draft-conflict');
  await page.getByLabel('Yours', { exact: true }).check();
  await page.getByRole('button', { name: 'Save what I chose' }).click();
  await page.waitForURL('**/edit/');
  expect(await page.locator('#draft-content').inputValue()).toContain('Spring tides and storms');
  // Chromium tells the console of every answer that is an error: what saves itself met it first, then the form.
  const others = (await watched.complaints()).filter((line) => !line.includes('409 (Conflict)'));
  expect(others).toEqual([]);
});

it('lists the history and compares two versions', async () => {
  await page.goto(`${panel.url}${here().replace('edit/', 'history/')}`);
  await looksGood('draft-history');
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await page.waitForURL('**/compare/**');
  await looksGood('draft-compare');
});

it('lists drafts beside the posts', async () => {
  await page.goto(`${panel.url}/patreon/posts/`);
  await looksGood('drafts-list');
});
