import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, overflow, seriousViolations, signIn, type WatchedPage, watchedPage } from './browser';
import { type FilledPanel, startFilledPanel } from './filled-panel';

interface Reader {
  name: string;
  width: number;
  script: boolean;
}

/** What staff do every day has to work on a desk and on a phone, and with the script and without it. */
const READERS: Reader[] = [1280, 375].flatMap((width) =>
  [true, false].map((script) => ({ name: `${width} px ${script ? 'with' : 'without'} JavaScript`, width, script })),
);

let filled: FilledPanel;
let url: string;
let browser: Browser;

beforeAll(async () => {
  filled = await startFilledPanel(120);
  url = filled.panel.url;
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await filled?.close();
});

const knex = () => filled.panel.context.knex;
const members = (page: Page) => page.locator('[data-list="members"] tbody tr');
const total = async (page: Page) => Number(await page.locator('[data-total]').first().getAttribute('data-total'));
const submit = (page: Page, form: string) => page.locator(`${form} button[type="submit"]`).first().click();

async function openMember(page: Page, query = '?kind=paying&sort=name'): Promise<number> {
  await page.goto(`${url}/patreon/members/${query}`);
  const row = members(page).first();
  const id = Number(await row.getAttribute('data-id'));
  await row.locator('th a').click();
  await page.waitForURL(`**/patreon/members/${id}/**`);
  return id;
}

describe.each(READERS)('somebody at $name', ({ name, width, script }) => {
  let watched: WatchedPage;
  let page: Page;
  let staffId: number;

  beforeAll(async () => {
    const { id, email } = await filled.panel.createStaff('owner');
    staffId = id;
    const viewport = { width, height: 900 };
    const context = await browser.newContext({ viewport, javaScriptEnabled: script, reducedMotion: 'reduce' });
    watched = await watchedPage(context);
    page = watched.page;
    await signIn(page, url, email);
  });

  afterEach(async () => {
    expect(await overflow(page)).toBe(0);
    if (script) expect(await seriousViolations(page)).toEqual([]);
    expect(await watched.complaints()).toEqual([]);
  });

  test('goes from a figure of the dashboard to exactly the people behind it', async () => {
    await page.goto(`${url}/patreon/`);
    const link = page.locator('main a[href^="/patreon/members/?kind=declined"]').first();
    await link.click();
    await page.waitForURL('**/patreon/members/?kind=declined**');
    const declined = await knex()('patreon_members').where({ kind: 'declined' }).whereNull('gone_at');
    expect(await total(page)).toBe(declined.length);
  });

  test('finds a person from anywhere by name', async () => {
    const { id, full_name } = await knex()('patreon_members').whereRaw("full_name ~ '^[A-Za-z ]{9,}$'").first();
    await page.goto(`${url}/patreon/posts/`);
    await page.locator('#search').fill(full_name);
    await page.locator('#search').press('Enter');
    await page.locator(`[data-found="members"] a[href^="/patreon/members/${id}/"]`).click();
    await page.waitForURL(`**/patreon/members/${id}/**`);
  });

  test('narrows the list, opens somebody, goes on to the next and comes back to the same place', async () => {
    await openMember(page);
    await page.locator('a[rel="next"]').first().click();
    await page.locator('a[data-return]').first().click();
    await page.waitForURL(/kind=paying/);
    const kinds = await knex()('patreon_members').where({ kind: 'paying' }).whereNull('gone_at');
    expect(await total(page)).toBe(kinds.length);
  });

  test('writes a note and takes it back', async () => {
    const id = await openMember(page);
    await page.locator('#note-new').fill(`Asked for **a print** (${name})`);
    await page.locator('form[action$="/notes/#member-notes"] button').click();
    const note = page.locator('[data-note]', { hasText: `Asked for a print (${name})` });
    expect(await note.locator('strong').textContent()).toBe('a print');
    await note.locator('form[action$="/delete/"] button').click();
    await page.locator('[data-deleted-note] button').click();
    await note.waitFor();
    expect(await knex()('member_notes').where({ member_id: id, author_id: staffId })).toHaveLength(1);
  });

  test('puts a label on a person and takes it off', async () => {
    const id = await openMember(page);
    await page.locator('#label-name').fill(`At ${name}`);
    await submit(page, `form[action="/patreon/members/${id}/labels/"]`);
    const chip = page.locator('[data-label-id]', { hasText: `At ${name}` });
    await chip.waitFor();
    await chip.locator('button').click();
    await chip.waitFor({ state: 'detached' });
  });

  test('asks itself to follow up, and finds that in the list', async () => {
    const id = await openMember(page, `?sort=${script ? '' : '-'}name&kind=free`);
    await page.locator('#member-follow-up summary').click();
    await page.locator('#follow-up-task').fill(`Answer (${name})`);
    await page.locator('#follow-up-due').fill('2026-01-31');
    await page.locator('form[action$="/follow-up/#member-follow-up"] button').click();
    await page.locator('[data-follow-up]', { hasText: `Answer (${name})` }).waitFor();
    await page.goto(`${url}/patreon/members/?follow_up=mine`);
    await page.locator(`[data-list="members"] tr[data-id="${id}"]`).waitFor();
    await page.goto(`${url}/patreon/members/${id}/`);
    await submit(page, 'form[action$="/follow-up/done/"]');
    await page.locator('[data-follow-up]').waitFor({ state: 'detached' });
  });

  test('labels everybody who matches, and takes that back', async () => {
    await page.goto(`${url}/patreon/members/?kind=gift`);
    const many = await total(page);
    await page.locator('#bulk-matching').check();
    await page.locator('#bulk-continue').click();
    await page.locator('input[name="label"]').fill(`Gifts ${name}`);
    await page.locator('main form button[type="submit"]').first().click();
    const labelled = () =>
      knex()('member_labels')
        .join('labels', 'labels.id', 'label_id')
        .where({ name: `Gifts ${name}` });
    await page.getByRole('button', { name: 'Undo' }).waitFor();
    expect(await labelled()).toHaveLength(many);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.waitForURL('**/batches/*/');
    expect(await labelled()).toHaveLength(0);
  });

  test('keeps a filter as a view and opens it again', async () => {
    await page.goto(`${url}/patreon/members/?kind=former&sort=-lifetime`);
    await page.locator('details:has(#view-name) > summary').click();
    await page.locator('#view-name').fill(`Former ${name}`);
    await page.getByRole('button', { name: 'Save view' }).click();
    await page.goto(`${url}/patreon/members/views/`);
    await page
      .getByRole('link', { name: `Former ${name}` })
      .first()
      .click();
    await page.waitForURL(/kind=former/);
    expect(page.url()).toContain('sort=-lifetime');
  });

  test('takes the people of a filter along as a file', async () => {
    await page.goto(`${url}/patreon/members/?kind=trial`);
    const many = await total(page);
    await page.locator('a[href^="/patreon/members/export/"]').first().click();
    await page.waitForURL('**/patreon/members/export/?*');
    await page.getByLabel('JSON').check();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('#export-form button[type="submit"]').click(),
    ]);
    expect(JSON.parse(readFileSync(await download.path(), 'utf8'))).toHaveLength(many);
  });

  test('sees a postal address after saying why, and finds that in the log', async () => {
    const { member_id: id } = await knex()('member_addresses').orderBy('member_id').first('member_id');
    await page.goto(`${url}/patreon/members/${id}/`);
    await page.locator('#member-address input[name="reason"]').fill('A parcel came back');
    await submit(page, '#member-address form');
    await page.locator('[data-resource="address"]').waitFor();
    await page.goto(`${url}/admin/audit/`);
    expect(await page.locator('main').textContent()).toContain('A parcel came back');
  });

  test('gives a campaign a name of its own', async () => {
    const { id } = await knex()('patreon_campaigns').orderBy('id').first('id');
    await page.goto(`${url}/patreon/campaigns/${id}/edit/`);
    await page.locator('[name="local_name"]').fill(`Mine at ${name}`);
    await submit(page, 'form[action$="/edit/"]');
    await page.goto(`${url}/patreon/campaigns/`);
    await page
      .getByRole('link', { name: `Mine at ${name}` })
      .first()
      .waitFor();
  });

  test('reads the campaign anew and sees how that went', async () => {
    const { id } = await knex()('patreon_campaigns').orderBy('id').first('id');
    await page.goto(`${url}/patreon/campaigns/${id}/sync/`);
    await submit(page, 'form[action$="/sync/"]');
    await page.waitForURL('**/patreon/sync/*/');
    const run = Number(/sync\/(\d+)\//.exec(page.url())?.[1]);
    await untilClosed(run);
    if (!script) await page.reload();
    await page.getByText('Succeeded').first().waitFor();
  });
});

async function untilClosed(runId: number): Promise<void> {
  for (;;) {
    const { finished_at } = await knex()('sync_runs').where({ id: runId }).first('finished_at');
    if (finished_at) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
