import type { Browser } from 'playwright-core';
import { runSync } from '../../src/apps/sync/run-sync';
import type { SignedInVisitor } from '../support/app';
import { type ConnectedPanel, startConnectedPanel } from '../sync/connected-panel';
import { DESKTOP, launchBrowser, overflow, PHONE, picture, seriousViolations, signIn, watchedPage } from './browser';

const LEAVING = 30;

let panel: ConnectedPanel;
let browser: Browser;
let owner: SignedInVisitor['staff'];
let runId: number;
beforeAll(async () => {
  panel = await startConnectedPanel({ campaigns: [{ members: 140, posts: 8, name: 'Lantern Harbour' }] });
  await panel.sync();
  const members = () => panel.context.knex('patreon_members').orderBy('patreon_id');
  const ids: string[] = await members().limit(LEAVING).pluck('patreon_id');
  for (const id of ids) await panel.control.change(`/members/${id}`, { removed: true });
  const paying: string[] = await members()
    .where({ kind: 'paying' })
    .whereRaw('patreon_id <> all(?)', [ids])
    .limit(4)
    .pluck('patreon_id');
  for (const id of paying) {
    await panel.control.change(`/members/${id}`, { attributes: { patron_status: 'former_patron' } });
  }
  runId = (await panel.sync()).run_id;
  owner = await panel.app.createStaff('owner');
  browser = await launchBrowser();
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await panel?.close();
});

const address = () => `${panel.app.url}/patreon/sync/${runId}/`;

test.each([
  ['desktop', DESKTOP, 'dark'],
  ['phone', PHONE, 'dark'],
  ['desktop-light', DESKTOP, 'light'],
  ['phone-light', PHONE, 'light'],
] as const)('the page of a held run is clean on %s', async (device, viewport, theme) => {
  await panel.context.knex('staff').where({ id: owner.id }).update({ theme });
  const context = await browser.newContext({ viewport, reducedMotion: 'reduce' });
  const { page, complaints } = await watchedPage(context);
  await signIn(page, panel.app.url, owner.email);
  await page.goto(address());
  await picture(page, `held-${device}`);
  for (const summary of await page.locator('#sync-run details > summary').all()) await summary.click();
  await picture(page, `held-open-${device}`);
  expect(await overflow(page)).toBe(0);
  expect(await seriousViolations(page)).toEqual([]);
  expect(await complaints()).toEqual([]);
  await context.close();
});

test('more of those who are concerned come in place', async () => {
  const context = await browser.newContext({ viewport: DESKTOP });
  const { page, complaints } = await watchedPage(context);
  await signIn(page, panel.app.url, owner.email);
  await page.goto(address());
  const rows = page.locator('[data-list="departures"] tbody tr');
  const first = await rows.first().getAttribute('data-patreon-id');
  await page.locator('#departures-next').click();
  await page.locator(`[data-patreon-id="${first}"]`).waitFor({ state: 'detached' });
  expect(await rows.count()).toBe(LEAVING + 4 - 20);
  expect(new URL(page.url()).search).toBe('');
  await page.locator('#departures-first').click();
  await page.locator(`[data-patreon-id="${first}"]`).waitFor();
  expect(await complaints()).toEqual([]);
  await context.close();
});

test('an owner applies it without JavaScript', async () => {
  const context = await browser.newContext({ viewport: PHONE, javaScriptEnabled: false });
  const page = await context.newPage();
  await signIn(page, panel.app.url, owner.email);
  await page.goto(address());
  const submit = page.getByRole('button', { name: 'Store what Patreon said' });
  expect(await submit.isVisible()).toBe(false);
  await page.locator('summary', { hasText: 'Apply' }).click();
  await submit.click();
  await page.locator('#sync-run[data-state="queued"]').waitFor();
  await runSync(panel.context, runId, new AbortController().signal);
  await page.reload();
  await picture(page, 'held-applied-phone');
  expect(await page.locator('[data-decision="applied"]').count()).toBe(1);
  expect(await page.locator('#sync-run').getAttribute('data-state')).toBe('succeeded');
  await context.close();
});

test('a member, a post and a campaign are refreshed from their pages', async () => {
  await panel.context.knex('staff').where({ id: owner.id }).update({ theme: 'dark' });
  const context = await browser.newContext({ viewport: DESKTOP });
  const { page, complaints } = await watchedPage(context);
  await signIn(page, panel.app.url, owner.email);
  for (const list of ['members', 'posts', 'campaigns']) {
    const { id } = await panel.context.knex(`patreon_${list}`).whereNull('gone_at').orderBy('id').first('id');
    await page.goto(`${panel.app.url}/patreon/${list}/${id}/`);
    await page.getByRole('button', { name: 'Refresh from Patreon' }).click();
    await page.getByText('Patreon says nothing new.').waitFor();
    await picture(page, `refreshed-${list}-desktop`);
    await page.setViewportSize(PHONE);
    await picture(page, `refreshed-${list}-phone`);
    expect(await overflow(page)).toBe(0);
    await page.setViewportSize(DESKTOP);
  }
  await page.goto(`${panel.app.url}/patreon/sync/`);
  await picture(page, 'runs-desktop');
  await page.setViewportSize(PHONE);
  await picture(page, 'runs-phone');
  expect(await overflow(page)).toBe(0);
  expect(await complaints()).toEqual([]);
  await context.close();
});
