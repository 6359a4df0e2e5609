import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import sharp from 'sharp';
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

let app: TestApp;
let browser: Browser;
let server: Server;
let url: string;
let campaign: number;
let watched: WatchedPage;
let page: Page;

/** The panel at an address that stays the same while its server goes and comes back. */
async function listen(port = 0): Promise<void> {
  server = createServer(app.app.express);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function killServer(): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** A page of somebody who has signed in. */
async function pageOf(context: BrowserContext, email: string): Promise<WatchedPage> {
  const found = await watchedPage(context);
  await signIn(found.page, url, email);
  return found;
}

let drafts = 0;
async function draft(content = ''): Promise<number> {
  drafts += 1;
  const values = { campaign_id: campaign, title: `Letter ${drafts}`, content };
  const [row] = await app.context.knex('post_drafts').insert(values).returning('id');
  const { title } = values;
  await app.context.knex('post_draft_versions').insert({
    draft_id: row.id,
    version: 1,
    kind: 'created',
    title,
    content,
    is_paid: false,
    is_public: false,
    tiers: [],
    tags: [],
    notes: '',
  });
  return row.id;
}

const stored = (id: number) => app.context.knex('post_drafts').where({ id }).first();
const open = (id: number) => page.goto(`${url}/patreon/posts/${id}/edit/`);
const text = () => page.locator('#draft-content');
const status = () => page.locator('#editor-status');
const offer = () => page.locator('#editor-copy');
const select = (from: number, to: number) =>
  page.evaluate(
    `(() => { const field = document.getElementById('draft-content'); field.focus(); field.setSelectionRange(${from}, ${to}); })()`,
  );
/** What this device keeps of a draft, or of the new one of the campaign. */
const copies = (id: number | 'new') =>
  page.evaluate<string[]>(
    `Object.keys(localStorage).filter((key) => /draft:\\d+:${id === 'new' ? 'new-' : `${id}$`}/.test(key))`,
  );
/** Asks through the debugger until it holds: the page's own policy forbids to evaluate a text. */
async function until(expression: string): Promise<void> {
  while (!(await page.evaluate(expression))) await new Promise((resolve) => setTimeout(resolve, 25));
}
const kept = (id: number) => until(`Object.keys(localStorage).some((key) => /:${id}$/.test(key))`);

beforeAll(async () => {
  app = await startTestApp();
  await listen();
  campaign = await insertCampaign(app.context.knex, { name: 'Quill Workshop', currency: 'EUR' });
  await insertTiers(app.context.knex, campaign, [
    { patreon_id: '11', title: 'Inkwell', amount_cents: 300 },
    { patreon_id: '12', title: 'Quill', amount_cents: 900 },
  ]);
  browser = await launchBrowser();
  const context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' });
  watched = await pageOf(context, (await app.createStaff('editor')).email);
  page = watched.page;
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  await app?.close();
});
afterEach(async () => {
  const complaints = await watched.complaints();
  expect(complaints.filter((line) => !/ERR_CONNECTION|409|Failed to fetch|ERR_INTERNET/.test(line))).toEqual([]);
});

describe('the tools', () => {
  it('mark the selection by key, and the browser’s undo takes it back', async () => {
    await open(await draft('some words here'));
    await select(5, 10);
    await page.keyboard.press('Control+b');
    expect(await text().inputValue()).toBe('some **words** here');
    await page.keyboard.press('Control+i');
    expect(await text().inputValue()).toBe('some ***words*** here');
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Control+z');
    expect(await text().inputValue()).toBe('some words here');
  });

  it('take marks away that stand already', async () => {
    await open(await draft('some **words** here'));
    await select(7, 12);
    // With Caps Lock on, the key is a capital.
    await page.keyboard.press('Control+B');
    expect(await text().inputValue()).toBe('some words here');
  });

  it('make a link of which the address is typed next', async () => {
    await open(await draft('our site'));
    await select(4, 8);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('https://example.com/');
    expect(await text().inputValue()).toBe('our [site](https://example.com/)');
  });

  it.each([
    ['heading', 'one\ntwo', '## one\n## two'],
    ['quote', 'one\ntwo', '> one\n> two'],
    ['list', 'one\ntwo', '- one\n- two'],
    ['numbers', 'one\ntwo', '1. one\n2. two'],
    ['code', 'one\ntwo', '```\none\ntwo\n```\n\n'],
    ['divider', '', '---\n\n'],
  ])('begin lines: %s', async (tool, before, after) => {
    await open(await draft(before));
    await select(0, before.length);
    await page.locator(`[data-tool="${tool}"]`).click();
    expect(await text().inputValue()).toBe(after);
  });

  it('are one stop of the Tab key, with arrows inside', async () => {
    await open(await draft());
    await page.locator('[data-tool="bold"]').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate('document.activeElement.dataset.tool')).toBe('heading');
    await page.keyboard.press('End');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('draft-content');
  });

  it('count words', async () => {
    await open(await draft());
    await text().fill('It’s a well-known fact – of 3 things');
    expect(await page.locator('#editor-count').textContent()).toBe('7 words');
  });
});

describe('the preview', () => {
  it('follows what is typed, and what a reader may not read stays locked', async () => {
    await open(await draft());
    await text().fill('A **bold** recipe');
    await page.locator('#editor-screen strong', { hasText: 'bold' }).waitFor();
    await page.getByLabel('Seen as').selectOption('public');
    await page.locator('#editor-screen [data-locked="true"]').waitFor();
    expect(await page.locator('#editor-screen').textContent()).not.toContain('recipe');
    await page.getByLabel('Public', { exact: true }).check();
    await page.locator('#editor-screen strong', { hasText: 'bold' }).waitFor();
  });
});

describe('what is written', () => {
  it('saves itself once the typing stops, and the copy on this device goes', async () => {
    const id = await draft();
    await open(id);
    await text().fill('Words that nobody saved by hand');
    await kept(id);
    await status().filter({ hasText: 'Saved' }).waitFor();
    expect((await stored(id)).content).toBe('Words that nobody saved by hand');
    expect(await copies(id)).toEqual([]);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.waitForURL('**/edit/');
    expect((await stored(id)).version).toBe(2);
  });

  it('offers itself when the server was killed between the key and the save', async () => {
    const id = await draft('Before');
    await open(id);
    await text().fill('Before and after');
    await kept(id);
    const { port } = server.address() as AddressInfo;
    await killServer();
    await status().filter({ hasText: 'Offline: kept on this device' }).waitFor();
    const context = page.context();
    await page.close();
    await listen(port);
    watched = await watchedPage(context);
    page = watched.page;
    await open(id);
    expect((await stored(id)).content).toBe('Before');
    await offer().waitFor();
    await offer().locator('summary').click();
    expect(await offer().locator('pre').textContent()).toContain('Before and after');
    await picture(page, 'editor-copy');
    await offer().locator('[data-copy-take]').click();
    expect(await text().inputValue()).toBe('Before and after');
    await offer().waitFor({ state: 'hidden' });
    await status().filter({ hasText: 'Saved' }).waitFor();
    expect((await stored(id)).content).toBe('Before and after');
    expect(await copies(id)).toEqual([]);
  });

  it('is discarded when that is asked for, and then offered no more', async () => {
    await page.goto(`${url}/patreon/campaigns/${campaign}/create-post/`);
    await text().fill('An idea for the autumn');
    await status().filter({ hasText: 'Kept on this device' }).waitFor();
    await page.reload();
    await offer().locator('[data-copy-discard]').click();
    await offer().waitFor({ state: 'hidden' });
    await page.reload();
    expect(await offer().isHidden()).toBe(true);
    expect(await text().inputValue()).toBe('');
  });

  it('is kept for a new post, taken back, and gone from this device once it is saved', async () => {
    await page.goto(`${url}/patreon/campaigns/${campaign}/create-post/`);
    await page.getByLabel('Title').fill('Autumn letter');
    await text().fill('Leaves');
    await page.getByLabel('Inkwell', { exact: true }).check();
    await status().filter({ hasText: 'Kept on this device' }).waitFor();
    await page.reload();
    await offer().locator('[data-copy-take]').click();
    expect(await page.getByLabel('Title').inputValue()).toBe('Autumn letter');
    expect(await page.getByLabel('Inkwell', { exact: true }).isChecked()).toBe(true);
    await page.getByRole('button', { name: 'Save as draft' }).click();
    await page.waitForURL('**/edit/');
    expect(await text().inputValue()).toBe('Leaves');
    expect(await copies('new')).toEqual([]);
  });

  it('is never offered to somebody else at the same computer', async () => {
    const id = await draft('Mine');
    const context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' });
    const [one, other] = [await app.createStaff('editor'), await app.createStaff('editor')];
    const mine = await pageOf(context, one.email);
    await mine.page.goto(`${url}/patreon/posts/${id}/edit/`);
    await context.setOffline(true);
    await mine.page.locator('#draft-content').fill('Mine and private');
    await mine.page.locator('#editor-status', { hasText: 'Offline' }).waitFor();
    await mine.page.close();
    await context.clearCookies();
    await context.setOffline(false);
    const theirs = await pageOf(context, other.email);
    await theirs.page.goto(`${url}/patreon/posts/${id}/edit/`);
    expect(await theirs.page.locator('#editor-copy').isHidden()).toBe(true);
    expect(await theirs.page.locator('#draft-content').inputValue()).toBe('Mine');
    await theirs.page.close();
    await context.clearCookies();
    const again = await pageOf(context, one.email);
    await again.page.goto(`${url}/patreon/posts/${id}/edit/`);
    expect(await again.page.locator('#editor-copy').isVisible()).toBe(true);
    await context.close();
  });

  it('is not lost when somebody else saved first: both are there to be compared', async () => {
    const id = await draft('The text');
    await open(id);
    const other = await app.signInAs('editor');
    await other.postForm(`/patreon/posts/${id}/edit/`, {
      title: 'Letter',
      content: 'Their text',
      version: '1',
      action: 'save',
    });
    await text().fill('My text');
    await status().filter({ hasText: 'Somebody saved another version' }).waitFor();
    await page.locator('#editor-compare').click();
    await page.getByRole('heading', { name: /^Two texts/ }).waitFor();
    const said = await page.locator('main').textContent();
    for (const word of ['Their', 'My']) expect(said).toContain(word);
  });

  it('takes no post back by itself that was handed off meanwhile', async () => {
    const id = await draft('The text');
    await open(id);
    const handedOff = { state: 'handed_off', handed_off_version: 1, handed_off_at: new Date() };
    await app.context.knex('post_drafts').where({ id }).update(handedOff);
    await text().fill('Late');
    await status().filter({ hasText: 'has been handed off meanwhile' }).waitFor();
    expect(await page.locator('#editor-compare').isHidden()).toBe(true);
    expect(await app.context.knex('post_drafts').where({ id }).first('state', 'content')).toEqual({
      state: 'handed_off',
      content: 'The text',
    });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('It is a draft again.').waitFor();
    expect(await text().inputValue()).toBe('Late');
  });
});

describe('pictures', () => {
  const heron = () =>
    sharp({ create: { width: 60, height: 40, channels: 3, background: '#4477aa' } })
      .png()
      .toBuffer();

  it('are chosen, sent and shown, with the description selected to be typed over', async () => {
    await open(await draft('Before.'));
    await text().press('End');
    await page.setInputFiles('#editor-file', { name: 'heron.png', mimeType: 'image/png', buffer: await heron() });
    await status().filter({ hasText: 'The picture is in the text' }).waitFor();
    await page.keyboard.type('A heron in the reeds');
    expect(await text().inputValue()).toMatch(
      /^Before\.\n\n!\[A heron in the reeds\]\(\/patreon\/posts\/pictures\/\d+\/\)/,
    );
    const shown = page.locator('#editor-screen img[alt="A heron in the reeds"]');
    await shown.waitFor();
    await until('document.querySelector("#editor-screen img").naturalWidth === 60');
  });

  it('are pasted and dropped into the text', async () => {
    await open(await draft());
    const bytes = JSON.stringify([...(await heron())]);
    const give = (kind: string, name: string) =>
      page.evaluate(`(() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(${bytes})], ${JSON.stringify(name)}, { type: 'image/png' }));
        const given = { bubbles: true, cancelable: true, clipboardData: transfer, dataTransfer: transfer };
        const event = ${kind === 'paste' ? "new ClipboardEvent('paste', given)" : "new DragEvent('drop', given)"};
        document.getElementById('draft-content').dispatchEvent(event);
      })()`);
    for (const [kind, name] of [
      ['paste', 'reeds.png'],
      ['drop', 'water.png'],
    ] as const) {
      await give(kind, name);
      await until(
        `document.getElementById('draft-content').value.includes(${JSON.stringify(`![${name.slice(0, 5)}](`)})`,
      );
    }
  });

  it('that are none are refused in words', async () => {
    await open(await draft());
    await page.setInputFiles('#editor-file', { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('<svg/>') });
    await status().filter({ hasText: 'no PNG, JPEG, GIF or WebP' }).waitFor();
    expect(await text().inputValue()).toBe('');
    await watched.complaints();
  });
});

describe('without scripts', () => {
  it('a post is written, previewed in another tab and gets its picture by a plain form', async () => {
    const context = await browser.newContext({ viewport: DESKTOP, javaScriptEnabled: false });
    const { page: plain } = await pageOf(context, (await app.createStaff('editor')).email);
    const id = await draft('Plain *words*');
    await plain.goto(`${url}/patreon/posts/${id}/edit/`);
    expect(await plain.locator('[data-tool]').first().isVisible()).toBe(false);
    await picture(plain, 'editor-no-script');
    const [tab] = await Promise.all([
      context.waitForEvent('page'),
      plain.getByRole('button', { name: 'Preview in another tab' }).click(),
    ]);
    await tab.waitForLoadState();
    expect(await tab.locator('.preview em').textContent()).toBe('words');
    await plain.goto(`${url}/patreon/posts/pictures/?campaign=${campaign}`);
    const buffer = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    await plain.setInputFiles('#picture', { name: 'red.jpg', mimeType: 'image/jpeg', buffer });
    await plain.getByRole('button', { name: 'Add it' }).click();
    await plain.waitForURL(`**/pictures/?campaign=${campaign}`);
    await plain.locator('.pictures img[alt="red.jpg"]').waitFor();
    await picture(plain, 'editor-pictures');
    await context.close();
  });
});

describe('the pages', () => {
  it.each([
    ['dark', 'en'],
    ['light', 'fr'],
  ] as const)('are clean, %s, %s, wide and narrow', async (theme, locale) => {
    const content =
      '## Autumn\n\nThe **leaves** fall, and [we](https://example.com/) count them.\n\n- one\n- two\n\n> Said so.';
    const id = await draft(content);
    const context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' });
    const { page: own, complaints } = await pageOf(context, (await app.createStaff('editor')).email);
    await app.context.knex('staff').update({ theme, locale });
    for (const [name, path] of [
      ['edit', `/patreon/posts/${id}/edit/`],
      ['pictures', `/patreon/posts/pictures/?campaign=${campaign}`],
    ]) {
      for (const width of [1440, 1024, 375]) {
        await widenTo(own, width);
        await own.goto(`${url}${path}`);
        if (name === 'edit') await own.locator('#editor-screen .preview').waitFor();
        await picture(own, `editor-${name}-${width}-${theme}`);
        expect([name, width, await overflow(own)]).toEqual([name, width, 0]);
        expect(await seriousViolations(own)).toEqual([]);
      }
    }
    expect(await complaints()).toEqual([]);
    await context.close();
  });
});
