import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext } from 'playwright-core';
import {
  DESKTOP,
  launchBrowser,
  overflow,
  PHONE,
  picture,
  seriousViolations,
  signIn,
  type WatchedPage,
  watchedPage,
  widenTo,
} from './browser';
import { type FilledPanel, startFilledPanel } from './filled-panel';

let filled: FilledPanel;
let url: string;
let browser: Browser;
let scripted: WatchedPage;
let plain: WatchedPage;

beforeAll(async () => {
  filled = await startFilledPanel(120);
  url = filled.panel.url;
  browser = await launchBrowser();
  scripted = await signedIn(await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' }));
  plain = await signedIn(await browser.newContext({ viewport: DESKTOP, javaScriptEnabled: false }));
});

afterAll(async () => {
  await browser?.close();
  await filled?.close();
});

async function signedIn(context: BrowserContext): Promise<WatchedPage> {
  const { email } = await filled.panel.createStaff('owner');
  const watched = await watchedPage(context);
  const { page } = watched;
  await signIn(page, url, email);
  return watched;
}

async function looksRight({ page, complaints }: WatchedPage, name: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`);
    await picture(page, `${name}-${theme}`);
    expect(await seriousViolations(page)).toEqual([]);
  }
  for (const width of [1024, PHONE.width, 360]) {
    await widenTo(page, width);
    await picture(page, `${name}-${width}`);
    expect([width, await overflow(page)]).toEqual([width, 0]);
  }
  await widenTo(page, DESKTOP.width);
  expect(await complaints()).toEqual([]);
}

test('from a filtered list a click leads to its export, and the file is told of without another click', async () => {
  const { page } = scripted;
  await page.goto(`${url}/patreon/members/?kind=paying&sort=name`);
  await page.locator('a[href^="/patreon/members/export/"]').click();
  await page.waitForURL('**/patreon/members/export/?*');
  await page.getByLabel('JSON').check();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('#export-form button[type="submit"]').click(),
  ]);
  const rows = JSON.parse(readFileSync(await download.path(), 'utf8')) as { kind: string }[];
  expect(download.suggestedFilename()).toMatch(/^members-.*\.json$/);
  expect(new Set(rows.map(({ kind }) => kind))).toEqual(new Set(['paying']));
  await page.locator(`[data-list="exports"] tr[data-state="succeeded"][data-rows="${rows.length}"]`).waitFor();
  await looksRight(scripted, 'members-export');
});

test('addresses need a reason, which the refused form asks for', async () => {
  const { page } = scripted;
  await page.goto(`${url}/patreon/members/export/`);
  await page.getByLabel('Postal address', { exact: true }).check();
  await page.locator('#export-form button[type="submit"]').click();
  await page.locator('#field-reason-error').waitFor();
  expect(await page.getByLabel('Postal address', { exact: true }).isChecked()).toBe(true);
  await scripted.complaints();
  await looksRight(scripted, 'members-export-refused');
});

test('without scripts the same form gives the same file, and one address is shown to whoever says why', async () => {
  const { page } = plain;
  await page.goto(`${url}/patreon/members/export/?kind=paying`);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('#export-form button[type="submit"]').click(),
  ]);
  expect(readFileSync(await download.path(), 'utf8')).toMatch(/^\ufeff"patreon_id",/);
  const { member_id } = await filled.panel.context.knex('member_addresses').first('member_id');
  await page.goto(`${url}/patreon/members/${member_id}/`);
  await page.locator('#reveal-reason').fill('The spring parcel');
  await page.locator('#member-address button[type="submit"]').click();
  expect(await page.locator('#member-address [data-field="city"]').count()).toBe(1);
});

test('the member’s page asks for the reason in place, by keyboard alone', async () => {
  const { page } = scripted;
  const { member_id } = await filled.panel.context.knex('member_addresses').first('member_id');
  await page.goto(`${url}/patreon/members/${member_id}/`);
  await page.locator('#reveal-reason').focus();
  await page.keyboard.type('The spring parcel');
  await page.keyboard.press('Enter');
  await page.locator('#member-address [data-field="city"]').waitFor();
  await picture(page, 'member-address');
  expect(await seriousViolations(page)).toEqual([]);
  expect(await scripted.complaints()).toEqual([]);
});

test('the log narrows in place, and leads from the page above it', async () => {
  const { page } = scripted;
  await page.goto(`${url}/admin/`);
  await looksRight(scripted, 'admin');
  await page.locator('main a[href="/admin/audit/"]').click();
  await page.locator('[data-list="audit"] tr[data-action="member.address_revealed"]').first().waitFor();
  await looksRight(scripted, 'audit');
  await page.locator('#audit-list select[name="group"]').selectOption('export');
  await page.locator('#audit-list button[type="submit"]').click();
  await page.waitForURL('**/admin/audit/?*group=export*');
  await page.locator('tr[data-action="export.succeeded"]').first().waitFor();
  expect(await page.locator('tr[data-action="member.address_revealed"]').count()).toBe(0);
  expect(await scripted.complaints()).toEqual([]);
});
