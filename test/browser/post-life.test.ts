import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { SignedInVisitor } from '../support/app';
import { type ConnectedPanel, startConnectedPanel } from '../sync/connected-panel';
import { DESKTOP, launchBrowser, overflow, PHONE, picture, seriousViolations, signIn, watchedPage } from './browser';

const TITLE = 'What the tide brought in';
const TEXT = 'A crate of lemons, two oars and a **letter** nobody has opened yet. The rest is for next week.';
const ON_PATREON =
  '<p>A crate of lemons, two oars and a <strong>letter</strong> nobody has opened yet. The rest is for next week.</p>';

let panel: ConnectedPanel;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: () => Promise<string[]>;
let editor: SignedInVisitor['staff'];
let campaign: { id: number; patreon_id: string };
/** The draft's address. */
let here: string;

beforeAll(async () => {
  panel = await startConnectedPanel({ campaigns: [{ members: 40, posts: 8, name: 'Lantern Harbour' }] });
  await panel.sync();
  campaign = await panel.context.knex('patreon_campaigns').first('id', 'patreon_id');
  editor = await panel.app.createStaff('editor');
  browser = await launchBrowser();
  context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: panel.app.url });
  ({ page, complaints } = await watchedPage(context));
  page.setDefaultTimeout(15_000);
  await signIn(page, panel.app.url, editor.email);
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await panel?.close();
});

/** Waits for a page that shows the draft in this state. */
const untilState = (state: string) => page.locator(`.page-head[data-state="${state}"]`).waitFor();
const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

/** Looks at the page as it stands: on a desk, on a phone, in the other theme. */
async function look(name: string): Promise<void> {
  await picture(page, `${name}-desktop`);
  expect(await seriousViolations(page)).toEqual([]);
  await page.setViewportSize({ ...PHONE, width: 375 });
  await picture(page, `${name}-phone`);
  expect(await overflow(page)).toBe(0);
  await page.evaluate("document.documentElement.dataset.theme = 'light'");
  await picture(page, `${name}-phone-light`);
  expect(await seriousViolations(page)).toEqual([]);
  await page.evaluate("document.documentElement.dataset.theme = 'dark'");
  await page.setViewportSize(DESKTOP);
  expect(await complaints()).toEqual([]);
}

async function show(below = ''): Promise<void> {
  await page.goto(`${here}${below}`);
}

describe('the life of a post', () => {
  test('begins as an idea', async () => {
    await page.goto(`${panel.app.url}/patreon/campaigns/${campaign.id}/create-post/`);
    await page.locator('input[name="title"]').fill(TITLE);
    await page.locator('button[name="action"][value="idea"]').click();
    await page.waitForURL(/\/patreon\/posts\/\d+\//);
    here = page.url().replace(/(\/posts\/\d+\/).*/, '$1');
    await show();
    await untilState('idea');
    await press('Begin to write');
    await untilState('draft');
  });

  test('is not ready without a text, and says where to write it', async () => {
    await show();
    const finding = page.locator('[data-finding="contentEmpty"] a');
    expect(await finding.getAttribute('href')).toMatch(/edit\/#draft-content$/);
    expect(await page.getByRole('button', { name: 'Mark as ready' }).count()).toBe(0);
    await finding.click();
    await page.locator('textarea[name="content"]').fill(`${TEXT} TODO`);
    await press('Save');
    await page.locator('.flash--success').waitFor();
    await show();
    await press('Ask for a review');
    await untilState('in_review');
  });

  test('is reviewed with a comment and sent back with a note', async () => {
    await show('review/');
    await page.locator('#draft-comment').fill('Who is the letter *from*?');
    await press('Add comment');
    await page.locator('[data-comment]').waitFor();
    expect(page.url()).toContain('/review/');
    await page.getByText('Send back…').click();
    await page.locator('#draft-note').fill('The TODO is still there.');
    await look('review');
    await press('Send back to the draft');
    await untilState('draft');
    await show('edit/');
    await page.locator('textarea[name="content"]').fill(TEXT);
    await press('Save');
    await page.locator('.flash--success').waitFor();
  });

  test('is ready, and its sheet can be copied', async () => {
    await show();
    await look('draft');
    await press('Mark as ready');
    await untilState('ready');
    await page.getByRole('link', { name: 'Hand off', exact: true }).click();
    await page.locator('[data-copy-rich]').click();
    await page.getByText('Copied', { exact: true }).first().waitFor();
    const copied = await page.evaluate<Record<string, string>>(`(async () => {
      const [item] = await navigator.clipboard.read();
      const entries = item.types.map(async (type) => [type, await (await item.getType(type)).text()]);
      return Object.fromEntries(await Promise.all(entries));
    })()`);
    expect(copied['text/html']).toContain('<strong>letter</strong>');
    expect(copied['text/plain']).toContain('two oars and a letter nobody');
    await look('handoff');
  });

  test('is handed off, and waits', async () => {
    await show('handoff/');
    await press('It is on Patreon, or scheduled there');
    await untilState('handed_off');
    await panel.sync();
    await show();
    await untilState('handed_off');
    await page.getByText('Waiting for Patreon.').waitFor();
    await look('waiting');
  });

  test('is found by the next sync once it is on Patreon', async () => {
    const attributes = {
      title: TITLE,
      content: ON_PATREON,
      is_public: false,
      tiers: [],
      published_at: new Date().toISOString(),
    };
    const { id } = await panel.control.change('/posts', {
      campaign_id: campaign.patreon_id,
      attributes,
      position: 'end',
    });
    await panel.sync();
    await show();
    await untilState('published');
    await page.locator('#draft-workflow').getByRole('link', { name: 'The post as Patreon has it' }).click();
    expect(await page.locator('[data-patreon-id]').first().getAttribute('data-patreon-id')).toBe(id);
  });

  test('is shown as drifted once it is edited there, and accepted', async () => {
    const { patreon_id } = await panel.context.knex('patreon_posts').where({ title: TITLE }).first('patreon_id');
    await panel.control.change(`/posts/${patreon_id}`, {
      attributes: { content: ON_PATREON.replace('lemons', 'oranges') },
    });
    await panel.sync();
    await show();
    await untilState('drifted');
    expect(await page.locator('[data-drift] del').textContent()).toContain('lemons');
    expect(await page.locator('[data-drift] ins').textContent()).toContain('oranges');
    await look('drifted');
    await press('This is fine');
    await untilState('published');
  });
});

describe('a post of which nobody can be sure', () => {
  test('is shown beside what may be it, and linked by staff without JavaScript', async () => {
    const { knex } = panel.context;
    const [{ id }] = await knex('post_drafts')
      .insert({
        campaign_id: campaign.id,
        state: 'handed_off',
        title: 'Harbour notes',
        content: TEXT,
        handed_off_version: 1,
        handed_off_at: new Date(),
      })
      .returning('id');
    await knex('post_draft_versions').insert({
      draft_id: id,
      version: 1,
      kind: 'created',
      title: 'Harbour notes',
      content: TEXT,
      is_paid: false,
      is_public: false,
      tiers: [],
      tags: [],
      notes: '',
    });
    const attributes = {
      title: 'Harbour notes, the third',
      content: ON_PATREON,
      is_public: false,
      published_at: new Date().toISOString(),
    };
    await panel.control.change('/posts', { campaign_id: campaign.patreon_id, attributes, position: 'end' });
    await panel.sync();
    here = `${panel.app.url}/patreon/posts/${id}/`;
    await show('match/');
    await look('match');
    const plain = await browser.newContext({
      viewport: PHONE,
      javaScriptEnabled: false,
      storageState: await context.storageState(),
    });
    const still = await plain.newPage();
    await still.goto(`${here}match/`);
    await still.locator('[data-candidate] button').first().click();
    expect(await still.locator('.page-head').getAttribute('data-state')).toBe('published');
    await plain.close();
  });
});
