import type { Browser, Page } from 'playwright-core';
import { AXE, launchBrowser, overflow, picture, signIn, type WatchedPage, watchedPage, widenTo } from './browser';
import { type FilledPanel, startFilledPanel } from './filled-panel';
import { PAGES, type PageName } from './pages';

/** Where staff are all day. */
const MAIN_PAGES = [
  'dashboard',
  'members',
  'member',
  'campaign',
  'posts',
  'tiers',
  'benefits',
  'sync',
] as const satisfies PageName[];

/** Begun before a page's own scripts, so that nothing that moves is missed: how far each shift was, and of which elements. */
const WATCH = `
  window.moved = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries())
      if (!hadRecentInput) moved.push(value.toFixed(4) + ' ' + sources.map(({ node }) => node?.outerHTML?.slice(0, 120)).join(' | '));
  }).observe({ type: 'layout-shift', buffered: true });`;

let filled: FilledPanel;
let browser: Browser;
let owner: WatchedPage;

beforeAll(async () => {
  filled = await startFilledPanel(120);
  browser = await launchBrowser();
  const { panel } = filled;
  const { email } = await panel.createStaff('owner');
  owner = await watchedPage(await browser.newContext({ viewport: { width: 1280, height: 900 } }));
  await owner.page.addInitScript(WATCH);
  await signIn(owner.page, panel.url, email);
});
afterAll(async () => {
  await browser?.close();
  await filled?.close();
});

async function open(name: PageName): Promise<Page> {
  const { page } = owner;
  await page.goto(`${filled.panel.url}${await PAGES[name](page, filled.panel.url)}`, { waitUntil: 'networkidle' });
  return page;
}

/** What can be pressed and is too small for a finger, or too near to something else, as WCAG 2.2 measures it. */
async function smallTargets(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate<string[]>(
    `axe.run(document, { runOnly: { type: 'rule', values: ['target-size'] } }).then(({ violations }) =>
       violations.flatMap(({ nodes }) => nodes.map(({ html }) => html.slice(0, 200))))`,
  );
}

describe.each(MAIN_PAGES)('the page %s', (name) => {
  it('says what it is, in which language and for which window', async () => {
    const page = await open(name);
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await page.title()).toMatch(/^\S.* · Patrondesk$/);
    expect(await page.locator('meta[name="viewport"]').getAttribute('content')).toBe(
      'width=device-width, initial-scale=1',
    );
    expect(await page.locator('h1').count()).toBe(1);
    expect(await page.locator('main').count()).toBe(1);
  });

  it.each([1280, 375])('moves nothing while it is built, in a window of %d pixels', async (width) => {
    await widenTo(owner.page, width);
    const page = await open(name);
    expect(await page.evaluate<string[]>('window.moved')).toEqual([]);
  });

  it('has nothing to press that is too small for a finger', async () => {
    await widenTo(owner.page, 375);
    expect(await smallTargets(await open(name))).toEqual([]);
  });

  it('keeps everything within the window at 320 pixels and at twice the size', async () => {
    const page = await open(name);
    for (const width of [320, 640]) {
      await widenTo(page, width);
      await picture(page, `${name}-${width}`);
      expect([width, await overflow(page)]).toEqual([width, 0]);
    }
  });

  it('stands still for whoever asked for that', async () => {
    await widenTo(owner.page, 1280);
    await owner.page.emulateMedia({ reducedMotion: 'reduce' });
    const page = await open(name);
    const moving = await page.evaluate<string[]>(
      `document.getAnimations().filter((a) => a.playState === 'running' && a.effect.getComputedTiming().duration > 1)
         .map((a) => a.animationName ?? a.transitionProperty)`,
    );
    await owner.page.emulateMedia({ reducedMotion: null });
    expect(moving).toEqual([]);
    expect(await owner.complaints()).toEqual([]);
  });
});
