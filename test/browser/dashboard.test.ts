import type { Browser, BrowserContext } from 'playwright-core';
import { countFigures } from '../../src/apps/insight/daily-figures.service';
import type { SignedInVisitor } from '../support/app';
import { type ConnectedPanel, startConnectedPanel } from '../sync/connected-panel';
import { launchBrowser, overflow, picture, seriousViolations, signIn, type WatchedPage, watchedPage } from './browser';

const DAYS_OF_HISTORY = 60;

let panel: ConnectedPanel;
let browser: Browser;
let owner: SignedInVisitor['staff'];
let session: BrowserContext;
let watched: WatchedPage;
beforeAll(async () => {
  panel = await startConnectedPanel({ campaigns: [{ members: 240, posts: 12, name: 'Lantern Harbour' }] });
  await panel.sync();
  const { knex } = panel.context;
  const paying: string[] = await knex('patreon_members').where({ kind: 'paying' }).limit(6).pluck('patreon_id');
  for (const id of paying.slice(0, 4)) {
    await panel.control.change(`/members/${id}`, { attributes: { patron_status: 'former_patron' } });
  }
  for (const id of paying.slice(4)) {
    const attributes = { patron_status: 'declined_patron', last_charge_status: 'Declined' };
    await panel.control.change(`/members/${id}`, { attributes });
  }
  await panel.sync();
  await countFigures(panel.context);
  await knex.raw(
    `insert into daily_member_figures
     select day - back, campaign_id, kind, greatest(0, members - back / 2 + (back % 7)), monthly_cents, at_risk_cents
       from daily_member_figures, generate_series(1, ?) back`,
    [DAYS_OF_HISTORY],
  );
  await knex('patreon_tiers').where('amount_cents', '>', 0).limit(2).update({ user_limit: 20, remaining: 1 });
  owner = await panel.app.createStaff('owner');
  browser = await launchBrowser();
  session = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
  watched = await watchedPage(session);
  const { page } = watched;
  await signIn(page, panel.app.url, owner.email);
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await panel?.close();
});

const PAGES = {
  dashboard: '/patreon/',
  changes: '/patreon/changes/',
  search: '/search/?q=a',
  'search-nothing': '/search/?q=nobodyiscalledthis',
  'design-system': '/dev/design-system/',
};

describe.each(Object.entries(PAGES))('the page %s', (name, path) => {
  test.each([
    [1280, 'dark', 'en'],
    [1280, 'light', 'fr'],
    [375, 'dark', 'fr'],
    [360, 'light', 'en'],
  ] as const)('is clean at %i px, %s, %s', async (width, theme, locale) => {
    const { page } = watched;
    await panel.context.knex('staff').where({ id: owner.id }).update({ theme, locale });
    await page.setViewportSize({ width, height: 900 });
    const answer = await page.goto(`${panel.app.url}${path}`);
    expect(answer?.status()).toBe(200);
    for (const summary of await page.locator('.chart__behind > summary').all()) await summary.click();
    await page.evaluate('window.scrollTo(0, 0)');
    await picture(page, `${name}-${width}-${theme}-${locale}`);
    expect(await overflow(page)).toBe(0);
    expect(await seriousViolations(page)).toEqual([]);
    expect(await watched.complaints()).toEqual([]);
  });
});
