import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { TestApp } from '../support/app';
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
import { type FilledPanel, startFilledPanel } from './filled-panel';

const LIST = '/patreon/members/';

let filled: FilledPanel;
let panel: TestApp;
let browser: Browser;
let session: BrowserContext;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  filled = await startFilledPanel(130);
  panel = filled.panel;
  browser = await launchBrowser();
  session = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' });
  watched = await watchedPage(session);
  page = watched.page;
  const { email } = await panel.createStaff('owner');
  await signIn(page, panel.url, email);
});

afterAll(async () => {
  await browser?.close();
  await filled?.close();
});

afterEach(async () => {
  expect(await watched.complaints()).toEqual([]);
});

const rows = () => page.locator('[data-list="members"] tbody tr');
const ticked = () => page.locator('input[name="ids"]:checked').count();
const button = () => page.locator('#bulk-continue');
const focused = () => page.evaluate<string | null>('document.activeElement.closest("tr")?.dataset.id ?? null');
const idOf = (place: number) => rows().nth(place).getAttribute('data-id');

test('keys move, select and open; the button says what it will do to how many', async () => {
  await page.goto(`${panel.url}${LIST}`);
  expect([await button().isDisabled(), await button().textContent()]).toEqual([true, 'Continue']);
  for (const key of ['j', 'j', 'k', 'x', 'j', 'x']) await page.keyboard.press(key);
  expect(await focused()).toBe(await idOf(1));
  expect([await ticked(), await button().textContent()]).toEqual([2, 'Label 2 members']);
  await page.keyboard.press('x');
  expect(await button().textContent()).toBe('Label 1 member');
  await page.locator('#bulk-action').selectOption('add_note');
  expect(await button().textContent()).toBe('Add a note to 1 member');
  await page.locator('#bulk-matching').check();
  expect(await button().textContent()).toBe('Add a note to 130 members');
  const id = await idOf(1);
  await page.locator(`tr[data-id="${id}"] th a`).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${LIST}${id}/**`);
});

test('a click with shift selects everybody in between, the box of the head the whole page', async () => {
  await page.goto(`${panel.url}${LIST}`);
  await rows().nth(2).locator('input').click();
  await rows()
    .nth(7)
    .locator('input')
    .click({ modifiers: ['Shift'] });
  expect(await ticked()).toBe(6);
  await rows().nth(4).locator('input').click();
  await rows()
    .nth(2)
    .locator('input')
    .click({ modifiers: ['Shift'] });
  expect(await ticked()).toBe(3);
  await page.locator('#bulk-page').check();
  expect([await ticked(), await button().textContent()]).toEqual([50, 'Label 50 members']);
  await picture(page, 'workbench-selected-desktop');
  expect(await seriousViolations(page)).toEqual([]);
});

test('on another page of the list nothing is claimed to be selected', async () => {
  await page.goto(`${panel.url}${LIST}`);
  await page.locator('#bulk-page').check();
  const first = await idOf(0);
  await page.locator('a[rel="next"]').click();
  await page.locator(`tr[data-id="${first}"]`).waitFor({ state: 'detached' });
  expect([await ticked(), await button().isDisabled()]).toEqual([0, true]);
});

test('coming back from a member finds the place, the selection and the member again', async () => {
  await page.goto(`${panel.url}${LIST}?sort=name`);
  const id = await idOf(40);
  for (const place of [38, 39]) await rows().nth(place).locator('input').check();
  await page.locator(`tr[data-id="${id}"] th a`).click();
  await page.waitForURL(`**${LIST}${id}/**`);
  await page.goBack();
  await page.waitForURL('**/?sort=name');
  await page.waitForFunction('document.querySelectorAll("input[name=ids]:checked").length === 2');
  expect(await focused()).toBe(id);
  expect(await page.evaluate<number>('window.scrollY')).toBeGreaterThan(500);
});

test('the link back from a member leads to that member in the list', async () => {
  await page.goto(`${panel.url}${LIST}?sort=name`);
  const id = await idOf(30);
  await page.locator(`tr[data-id="${id}"] th a`).click();
  await page.locator('a[data-return]').click();
  await page.waitForURL(/sort=name/);
  await page.waitForFunction('document.activeElement.closest("tr") !== null');
  expect(await focused()).toBe(id);
});

test('? shows the keys, and they can be turned off', async () => {
  await page.goto(`${panel.url}${LIST}`);
  await page.keyboard.press('?');
  const dialog = page.locator('dialog#keys');
  await dialog.waitFor();
  await picture(page, 'workbench-keys-desktop');
  expect(await seriousViolations(page)).toEqual([]);
  await page.locator('#keys-use').uncheck();
  await page.keyboard.press('Escape');
  for (const key of ['j', 'x', '/']) await page.keyboard.press(key);
  expect([await focused(), await ticked()]).toEqual([null, 0]);
  expect(await page.evaluate('document.activeElement.id')).not.toBe('search');
  await page.locator('[data-open-dialog="keys"]').click();
  await page.locator('#keys-use').check();
  await page.keyboard.press('Escape');
  await page.locator('main').click({ position: { x: 2, y: 2 } });
  await page.keyboard.press('j');
  expect(await focused()).toBe(await idOf(0));
});

test('members are labelled from the list and the label is taken back from the message', async () => {
  await page.goto(`${panel.url}${LIST}?sort=name`);
  for (const place of [0, 1, 2]) await rows().nth(place).locator('input').check();
  await button().click();
  await page.waitForURL('**/bulk/');
  await picture(page, 'workbench-confirm-desktop');
  expect(await seriousViolations(page)).toEqual([]);
  await page.locator('input[name="label"]').fill('Helped at the fair');
  await page.getByRole('button', { name: 'Label 3 members' }).click();
  await page.waitForURL('**/?sort=name**');
  await picture(page, 'workbench-undo-desktop');
  const count = () => panel.context.knex('member_labels').pluck('member_id');
  expect(await count()).toHaveLength(3);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.waitForURL('**/batches/*/');
  expect(await count()).toHaveLength(0);
  await picture(page, 'workbench-batch-desktop');
  expect(await seriousViolations(page)).toEqual([]);
});

test('a filter is kept as a view, stands above the list and tells how many it shows', async () => {
  await page.goto(`${panel.url}${LIST}?kind=paying`);
  await page.locator('.disclosure summary').click();
  await page.locator('#view-name').fill('Paying people');
  await picture(page, 'workbench-save-view-desktop');
  await page.getByRole('button', { name: 'Save view' }).click();
  await page.waitForURL('**/?kind=paying**');
  const tab = page.locator('#member-views a', { hasText: 'Paying people' });
  const shown = await page.locator('[data-total]').first().getAttribute('data-total');
  await tab.locator('[data-count]').waitFor();
  expect(await tab.locator('[data-count]').getAttribute('data-count')).toBe(shown);
  expect(await tab.getAttribute('aria-current')).toBe('page');
  await picture(page, 'workbench-tabs-desktop');
  await page.locator('#member-filters input[name="q"]').fill('a');
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=a/);
  await page.waitForFunction('!document.querySelector("#member-views [aria-current]")');
  await page.locator('#member-view-all').click();
  await page.waitForURL(`**${LIST}`);
  expect(await page.locator('#member-view-all').getAttribute('aria-current')).toBe('page');
});

test('the pages of the workbench are clean in both themes, both languages and narrow windows', async () => {
  await panel.context.knex('labels').insert([{ name: 'Moderator' }, { name: 'Wants a signed copy' }]);
  const { id } = await panel.context.knex('labels').first('id');
  const member = await panel.context.knex('patreon_members').first('id');
  const pages = {
    list: LIST,
    labels: `${LIST}labels/`,
    label: `${LIST}labels/${id}/`,
    of: `${LIST}${member.id}/labels/`,
    views: `${LIST}views/`,
    batches: `${LIST}batches/`,
  };
  for (const [theme, locale] of [
    ['dark', 'en'],
    ['light', 'fr'],
  ] as const) {
    await panel.context.knex('staff').update({ theme, locale });
    for (const [name, path] of Object.entries(pages)) {
      for (const width of [1280, 375]) {
        await widenTo(page, width);
        await page.goto(`${panel.url}${path}`);
        await picture(page, `workbench-${name}-${theme}-${width}`);
        expect([name, width, await overflow(page)]).toEqual([name, width, 0]);
        expect([name, await seriousViolations(page)]).toEqual([name, []]);
      }
    }
  }
  await panel.context.knex('staff').update({ theme: 'dark', locale: 'en' });
  await widenTo(page, DESKTOP.width);
});

test('without JavaScript members are ticked, labelled and taken back in the same way', async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 375, height: 800 } });
  await plain.addCookies(await session.cookies());
  const bare = await plain.newPage();
  await bare.goto(`${panel.url}${LIST}`);
  await bare.locator('input[name="ids"]').first().check();
  await bare.locator('#bulk-continue').click();
  await bare.locator('input[name="label"]').fill('Without a script');
  await bare.getByRole('button', { name: 'Label 1 member' }).click();
  await bare.getByRole('button', { name: 'Undo' }).click();
  expect(await bare.locator('#member-batch').getAttribute('data-state')).toBe('succeeded');
  await bare.goto(`${panel.url}${LIST}`);
  expect(await bare.locator('#member-views [data-count]').count()).toBe(0);
  await plain.close();
});
