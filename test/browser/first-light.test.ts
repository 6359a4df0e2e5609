import type { Browser, BrowserContext } from 'playwright-core';
import { ensureSetupLink } from '../../src/apps/accounts/setup.service';
import { jobCatalogue } from '../../src/catalogue';
import { startWorker, type Worker } from '../../src/jobs/worker';
import { type Sandbox, startSandbox } from '../../src/sandbox/server';
import { PASSWORD, startTestApp, type TestApp } from '../support/app';
import {
  DESKTOP,
  launchBrowser,
  overflow,
  PHONE,
  picture,
  seriousViolations,
  type WatchedPage,
  watchedPage,
} from './browser';
import { fillDesk } from './filled-desk';
import { PAGE_NAMES, PAGES } from './pages';

const CLIENT = { client_id: 'browser-client', client_secret: 'browser-secret' };
const MEMBERS = 300;

let sandbox: Sandbox;
let panel: TestApp;
let worker: Worker;
let browser: Browser;
let session: BrowserContext;
let watched: WatchedPage;

beforeAll(async () => {
  sandbox = await startSandbox({ campaigns: [{ members: MEMBERS, posts: 60 }], limits: null });
  panel = await startTestApp({ patreonBaseUrl: sandbox.url });
  await fetch(`${sandbox.url}/_sandbox/clients`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...CLIENT,
      name: 'Quill Workshop',
      redirect_uris: [`${panel.url}/patreon/oauth/callback/`],
    }),
  });
  worker = await startWorker(panel.context, jobCatalogue);
  browser = await launchBrowser();
  session = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' });
  watched = await watchedPage(session);
});

afterAll(async () => {
  await browser?.close();
  await worker?.stop();
  await panel?.close();
  await sandbox?.close();
});

test('a newcomer goes from the set-up link to a filled dashboard', async () => {
  const { page } = watched;
  await page.goto((await ensureSetupLink(panel.context)) as string);
  await picture(page, 'setup-desktop');
  await page.getByLabel('Name', { exact: true }).fill('Marlow Quill');
  await page.getByLabel(/E-mail/).fill('marlow@example.com');
  await page.locator('input[name="password"]').fill(PASSWORD);
  await page.locator('main form button[type="submit"]').click();
  await page.waitForURL('**/patreon/');
  await picture(page, 'dashboard-empty-desktop');

  await page.goto(`${panel.url}/admin/patreon/patreoncredential/add/`);
  await page.locator('input[name="client_id"]').fill(CLIENT.client_id);
  await page.locator('input[name="client_secret"]').fill(CLIENT.client_secret);
  await page.locator('input[name="campaign_name"]').fill('Quill Workshop');
  await page.locator('main form button[type="submit"]').first().click();
  await page.waitForLoadState();

  await page.goto(`${panel.url}/patreon/oauth/authorize/`);
  await picture(page, 'connect-desktop');
  await page.locator('main form button[type="submit"]').first().click();
  await page.waitForURL(`${sandbox.url}/oauth2/authorize**`);
  await picture(page, 'consent-desktop');
  await page.getByRole('button', { name: /allow/i }).click();
  await page.waitForURL('**/patreon/sync/*/');
  await page.locator('#sync-run[data-state="succeeded"]').waitFor({ timeout: 50_000 });
  await picture(page, 'run-desktop');

  await page.goto(`${panel.url}/patreon/`);
  expect(await page.locator('[data-figure="members"]').textContent()).toBe(String(MEMBERS));
  expect(await watched.complaints()).toEqual([]);
  await fillDesk(panel.context.knex);
});

describe.each(PAGE_NAMES)('the page %s', (name) => {
  test.each([
    ['desktop', DESKTOP, 'dark'],
    ['phone', PHONE, 'dark'],
    ['desktop-light', DESKTOP, 'light'],
  ] as const)('is clean on %s', async (device, viewport, theme) => {
    const { page } = watched;
    await page.setViewportSize(viewport);
    await panel.context.knex('staff').where({ email: 'marlow@example.com' }).update({ theme });
    const answer = await page.goto(`${panel.url}${await PAGES[name](page, panel.url)}`);
    expect(answer?.status()).toBe(200);
    await picture(page, `${name}-${device}`);
    expect(await overflow(page)).toBe(0);
    expect(await seriousViolations(page)).toEqual([]);
    expect(await watched.complaints()).toEqual([]);
  });
});

test('filtering, paging and going back work with htmx and keep the address', async () => {
  const { page } = watched;
  await page.setViewportSize(DESKTOP);
  await page.goto(`${panel.url}/patreon/members/`);
  const id = await page.locator('[data-list="members"] [data-id]').first().getAttribute('data-id');
  const firstRow = page.locator(`[data-list="members"] [data-id="${id}"]`);
  await page.locator('a[rel="next"]').click();
  await page.waitForURL(/after=/);
  await firstRow.waitFor({ state: 'detached' });
  await page.goBack();
  await page.waitForURL(/members\/$/);
  await firstRow.waitFor();
  expect(await watched.complaints()).toEqual([]);
});

test('the same works without JavaScript', async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false, viewport: PHONE });
  await plain.addCookies(await session.cookies());
  const page = await plain.newPage();
  await page.goto(`${panel.url}/patreon/members/`);
  await page.locator('a[rel="next"]').click();
  await page.waitForURL(/after=/);
  expect(await page.locator('[data-list="members"] tbody tr').count()).toBe(50);
  await page.goto(`${panel.url}/patreon/sync/`);
  await page.locator('main form button[type="submit"]').first().click();
  await page.waitForURL('**/patreon/sync/*/');
  expect(await page.locator('#sync-run').count()).toBe(1);
  await plain.close();
});

test('signed out, pages lead to the sign-in form and an unknown address says so', async () => {
  const stranger = await browser.newContext({ viewport: PHONE });
  const { page, complaints } = await watchedPage(stranger);
  await page.goto(`${panel.url}/patreon/members/`);
  await page.waitForURL('**/login/**');
  await picture(page, 'login-phone');
  expect(await seriousViolations(page)).toEqual([]);
  expect(await overflow(page)).toBe(0);
  expect(await complaints()).toEqual([]);
  const missing = await page.goto(`${panel.url}/nowhere/`);
  expect(missing?.status()).toBe(404);
  await picture(page, 'missing-phone');
  expect(await seriousViolations(page)).toEqual([]);
  await stranger.close();
});
