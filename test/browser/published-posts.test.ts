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
} from './browser';
import { type FilledPanel, startFilledPanel } from './filled-panel';

let filled: FilledPanel;
let browser: Browser;
let session: BrowserContext;
let watched: WatchedPage;
let post: { id: number; title: string };

const SIZES = [
  ['desktop', DESKTOP],
  ['phone', PHONE],
] as const;

beforeAll(async () => {
  filled = await startFilledPanel(20);
  const { knex } = filled.panel.context;
  post = await knex('patreon_posts').whereNotNull('title').orderBy('published_at', 'desc').first('id', 'title');
  await knex('patreon_posts')
    .where({ id: post.id })
    .update({ content: '<p>The kiln was lit on Monday. Letters follow.</p>' });
  await knex('patreon_posts')
    .where({ id: post.id })
    .update({ content: '<p>The kiln was lit on Tuesday at last. Letters follow.</p>', is_public: true });
  const { campaign_id } = await knex('patreon_posts').first('campaign_id');
  await knex('ignored_posts').insert({ campaign_id, patreon_id: '1', title: 'A letter that went' });
  browser = await launchBrowser();
  session = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' });
  watched = await watchedPage(session);
  const owner = await filled.panel.createStaff('owner');
  const { page } = watched;
  await signIn(page, filled.panel.url, owner.email);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await filled?.close();
});

const addresses = (): [string, string][] => [
  ['posts-search', '/patreon/posts/?q=kiln&sort=-relevance'],
  ['posts-filtered', '/patreon/posts/?paid=no&published_from=2020-01-01'],
  ['post-versions', `/patreon/posts/${post.id}/versions/`],
  ['post', `/patreon/posts/${post.id}/`],
  ['post-archive', '/patreon/posts/export/?q=kiln'],
  ['post-delete', `/patreon/posts/${post.id}/delete/`],
  ['posts-ignored', '/patreon/posts/ignored/'],
];

it.each(SIZES)(
  'published posts fit a %s, and everybody can use them',
  async (name, viewport) => {
    const { page } = watched;
    await page.setViewportSize(viewport);
    const found: string[] = [];
    for (const [label, address] of addresses()) {
      await page.goto(`${filled.panel.url}${address}`);
      await picture(page, `${label}-${name}`);
      found.push(...(await seriousViolations(page)).map((violation) => `${label}: ${JSON.stringify(violation)}`));
      if ((await overflow(page)) > 0) found.push(`${label} is wider than the window`);
    }
    expect(found).toEqual([]);
  },
  120_000,
);

it('a search shows where its words stand while htmx swaps the list', async () => {
  const { page } = watched;
  await page.setViewportSize(DESKTOP);
  await page.goto(`${filled.panel.url}/patreon/posts/`);
  await page.locator('#post-filters input[name="q"]').fill('tuesday kil');
  await page.locator('#post-filter-submit').click();
  await page.locator('#post-list mark').first().waitFor();
  expect(await page.locator('#post-list tbody tr').count()).toBe(1);
  expect(page.url()).toContain('q=tuesday');
}, 60_000);
