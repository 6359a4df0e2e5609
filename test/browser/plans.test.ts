import type { Browser, BrowserContext, Page } from 'playwright-core';
import { settlePlans } from '../../src/apps/plans/plan-settling.service';
import { startTestApp, type TestApp } from '../support/app';
import { insertCampaign, insertTiers } from '../support/campaign-factories';
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

let panel: TestApp;
let browser: Browser;
let session: BrowserContext;
let watched: WatchedPage;
let page: Page;
let campaign: number;
let tier: number;

beforeAll(async () => {
  panel = await startTestApp();
  campaign = await insertCampaign(panel.context.knex, {
    name: 'Quill & Co',
    currency: 'USD',
    url: 'https://www.patreon.com/quill',
    summary: '<p>Letters and prints from a small press by the harbour.</p>',
  });
  const scribe = { title: 'Scribe', amount_cents: 1_000, description: '<p>A letter a month.</p>', published: true };
  [tier] = (await insertTiers(panel.context.knex, campaign, [
    scribe,
    { ...scribe, title: 'Folio', amount_cents: 2_500 },
  ])) as [number];
  browser = await launchBrowser();
  session = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' });
  watched = await watchedPage(session);
  page = watched.page;
  const { email } = await panel.createStaff('manager');
  await signIn(page, panel.url, email);
});

afterAll(async () => {
  await browser?.close();
  await panel?.close();
});

/** Fits a phone, and axe finds nothing serious in it. */
async function look(name: string): Promise<void> {
  expect([name, await seriousViolations(page)]).toEqual([name, []]);
  await picture(page, name);
  await widenTo(page, 375);
  expect([name, await overflow(page)]).toEqual([name, 0]);
  await picture(page, `${name}-375`);
  await widenTo(page, DESKTOP.width);
}

const submit = () => page.locator('main form.form button[type="submit"]').click();

test('a price is planned, met by another one on Patreon, kept, and applied', async () => {
  await page.goto(`${panel.url}/patreon/tiers/${tier}/edit/`);
  await page.locator('[name="amount_cents"]').fill('12.00');
  await submit();
  await look('plan-form-refused');
  // Browsers tell of every refused form.
  expect(await watched.complaints()).toEqual([expect.stringContaining('422')]);
  await page.locator('[name="amount_cents"]').fill('1200');
  await page.locator('[name="description"]').fill('Two letters a month, written by hand.\n\nAnd a postcard in summer.');
  await page.locator('[name="reason"]').fill('Postage went up in autumn.');
  await page.locator('[name="due_on"]').fill('2099-12-01');
  await submit();
  await page.waitForURL('**/patreon/plans/*/');
  await look('plan-sheet');
  await page.goto(`${panel.url}/patreon/tiers/${tier}/`);
  await look('plan-tier');
  await panel.context.knex('patreon_tiers').where({ id: tier }).update({ amount_cents: 1_100 });
  await settlePlans(panel.context, campaign);
  await page.goto(`${panel.url}/patreon/plans/`);
  await page.locator('[data-list="plans"] tbody a').first().click();
  await page.waitForURL('**/patreon/plans/*/');
  await look('plan-conflict');
  await page.locator('button[value="keep"]').click();
  await page.waitForLoadState();
  expect(await page.locator('[data-list="plan-fields"] [data-id="amount_cents"]').getAttribute('data-state')).toBe(
    'open',
  );
  expect(await watched.complaints()).toEqual([]);
});

test('lists and forms of plans are in order', async () => {
  await page.goto(`${panel.url}/patreon/campaigns/${campaign}/tiers/create/`);
  await page.locator('[name="title"]').fill('Atelier');
  await page.locator('[name="amount_cents"]').fill('5000');
  await submit();
  await page.waitForURL('**/patreon/plans/*/');
  await panel.context
    .knex('patreon_tiers')
    .insert({ campaign_id: campaign, patreon_id: '77', read_seq: 1, title: 'Atelier', amount_cents: 5_500 });
  await settlePlans(panel.context, campaign);
  await page.reload();
  await look('plan-candidates');
  const places = {
    list: '/patreon/plans/',
    tiers: `/patreon/campaigns/${campaign}/tiers/`,
    campaign: `/patreon/campaigns/${campaign}/`,
    delete: `/patreon/tiers/${tier}/delete/`,
    texts: `/patreon/campaigns/${campaign}/edit/texts/`,
    settings: `/patreon/campaigns/${campaign}/edit/`,
  };
  for (const [name, path] of Object.entries(places)) {
    await page.goto(`${panel.url}${path}`);
    await look(`plans-${name}`);
  }
  expect(await watched.complaints()).toEqual([]);
});
