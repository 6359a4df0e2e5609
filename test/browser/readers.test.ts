import type { Browser } from 'playwright-core';
import type { Role } from '../../src/policy';
import { PASSWORD, type TestApp } from '../support/app';
import {
  DESKTOP,
  launchBrowser,
  overflow,
  picture,
  seriousViolations,
  type WatchedPage,
  watchedPage,
  widenTo,
} from './browser';
import { fillDesk } from './filled-desk';
import { type FilledPanel, startFilledPanel } from './filled-panel';
import { PAGE_NAMES, PAGES, type PageName } from './pages';

const KEY =
  /(?:shared|list|accounts|audit|connections|campaigns|campaignSettings|tierDetails|members|filters|workbench|dossier|exports|plans|posts|archive|drafts|draftBulk|editor|workflow|planning|postTemplate|sync|insight|charts|search):[a-z]\w*/g;

let filled: FilledPanel;
let panel: TestApp;
let browser: Browser;

beforeAll(async () => {
  filled = await startFilledPanel(120);
  panel = filled.panel;
  await fillDesk(panel.context.knex);
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await filled?.close();
});

/** A browser in which somebody of this role has signed in, after mistyping the password once. */
async function signInAs(role: Role, locale: 'en' | 'fr' = 'en'): Promise<WatchedPage> {
  const { id, email } = await panel.createStaff(role);
  await panel.context.knex('staff').where({ id }).update({ locale });
  const watched = await watchedPage(await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' }));
  const { page } = watched;
  await page.goto(`${panel.url}/login/`);
  await page.locator('input[name="email"]').fill(email);
  for (const password of ['not the password', PASSWORD]) {
    await page.locator('input[name="password"]').fill(password);
    await page.locator('main form button[type="submit"]').click();
    if (password === PASSWORD) continue;
    await page.getByRole('alert').waitFor();
    await picture(page, 'login-refused');
    expect(await seriousViolations(page)).toEqual([]);
  }
  await page.waitForURL('**/patreon/');
  // Browsers report the refused sign-in as an error of the page.
  await watched.complaints();
  return watched;
}

async function open({ page }: WatchedPage, name: PageName): Promise<void> {
  const answer = await page.goto(`${panel.url}${await PAGES[name](page, panel.url)}`);
  expect(answer?.status()).toBe(200);
}

describe('an owner who reads French', () => {
  let owner: WatchedPage;

  beforeAll(async () => {
    owner = await signInAs('owner', 'fr');
  });

  test.each(PAGE_NAMES)('finds the page %s complete, in narrow and in middling windows', async (name) => {
    const { page } = owner;
    await open(owner, name);
    for (const width of [1024, 360]) {
      await widenTo(page, width);
      await picture(page, `${name}-french-${width}`);
      expect([width, await overflow(page)]).toEqual([width, 0]);
    }
    expect(await page.locator('html').getAttribute('lang')).toBe('fr');
    // A text that no catalogue holds is printed as its key.
    expect((await page.locator('body').textContent())?.match(KEY)).toBeNull();
    expect(await owner.complaints()).toEqual([]);
  });
});

describe('a viewer', () => {
  let viewer: WatchedPage;

  beforeAll(async () => {
    viewer = await signInAs('viewer');
  });

  const forEveryone = PAGE_NAMES.filter(
    (name) =>
      !/^(connect|credential.*|staff|(campaign|draft)-(sync|new|edit|plan|delete)|tier-plan.*|template.*|members-export|admin|audit)$/.test(
        name,
      ),
  );

  test.each(forEveryone)('sees no amount and no e-mail of a member on the page %s', async (name) => {
    const { page } = viewer;
    await open(viewer, name);
    await picture(page, `${name}-viewer`);
    const text = await page.locator('main').textContent();
    // What a tier costs is public.
    if (!/tier|^campaign$|^plans?$/.test(name)) expect(text).not.toMatch(/[$€£]\d/);
    expect(text).not.toMatch(/[\w.]+@example\.com/);
    expect(await viewer.complaints()).toEqual([]);
  });

  test('is told where they may not go', async () => {
    const answer = await viewer.page.goto(`${panel.url}/admin/staff/`);
    expect(answer?.status()).toBe(403);
    await picture(viewer.page, 'forbidden-viewer');
    expect(await seriousViolations(viewer.page)).toEqual([]);
  });
});

describe('an owner', () => {
  let owner: WatchedPage;

  beforeAll(async () => {
    owner = await signInAs('owner');
  });

  test('gets a refused form back with what was typed and what is wrong', async () => {
    const { page } = owner;
    await page.goto(`${panel.url}/admin/patreon/patreoncredential/add/`);
    await page.locator('input[name="client_id"]').fill('only an id');
    // Past the browser's own checks, to see ours.
    await page.locator('main form').evaluate((form: { noValidate: boolean }) => {
      form.noValidate = true;
    });
    await page.locator('main form button[type="submit"]').first().click();
    await page.locator('[aria-invalid="true"]').first().waitFor();
    await picture(page, 'credential-refused');
    expect(await page.locator('input[name="client_id"]').inputValue()).toBe('only an id');
    expect(await seriousViolations(page)).toEqual([]);
    await owner.complaints();
  });

  test.each([
    ['without a break', 'Wolfeschlegelsteinhausenbergerdorff'.repeat(8)],
    ['from right to left', 'ליאת בן־דוד \u202eمحمد بن عبد الله'],
  ])('can read a name %s on pages that keep their width', async (kind, full_name) => {
    const { page } = owner;
    const { knex } = panel.context;
    const { id } = await knex('patreon_members').whereNull('gone_at').orderBy('id').first('id');
    const email = `${'e'.repeat(200)}@example.com`;
    await knex('patreon_members').where({ id }).update({ full_name, user_full_name: full_name, email });
    const list = `/patreon/members/?q=${encodeURIComponent(full_name.slice(0, 12))}`;
    for (const path of [list, `/patreon/members/${id}/`]) {
      await page.goto(`${panel.url}${path}`);
      expect(await page.locator('main').textContent()).toContain(full_name.slice(0, 8));
      for (const width of [360, 1024, 1440]) {
        await widenTo(page, width);
        await picture(page, `name ${kind} ${path === list ? 'list' : 'page'} ${width}`.replaceAll(' ', '-'));
        expect([path, width, await overflow(page)]).toEqual([path, width, 0]);
      }
    }
    expect(await owner.complaints()).toEqual([]);
  });

  test('reaches the content and the search with the keyboard, and sees where the focus is', async () => {
    const { page } = owner;
    await widenTo(page, DESKTOP.width);
    await page.goto(`${panel.url}/patreon/members/`);
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').getAttribute('href')).toBe('#main');
    expect((await page.locator(':focus').boundingBox())?.y).toBeGreaterThanOrEqual(0);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.locator('main :focus-visible').count()).toBe(1);
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await page.locator('h1').click();
    await page.keyboard.press('/');
    expect(await page.locator('#search:focus').count()).toBe(1);
  });
});
