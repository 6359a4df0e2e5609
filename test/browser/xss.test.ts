import type { Browser, Page } from 'playwright-core';
import { PASSWORD, type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign, insertPosts, insertTiers } from '../support/campaign-factories';
import { insertMembers } from '../support/factories';
import { DESKTOP, launchBrowser } from './browser';
import { TEMPLATE_SUM, XSS_CORPUS } from './xss-corpus';

/** Many pages, each of them looked through. */
const LONG_MS = 300_000;
const CHUNK = 40;

const chunks = Array.from({ length: Math.ceil(XSS_CORPUS.length / CHUNK) }, (_, place) =>
  XSS_CORPUS.slice(place * CHUNK, (place + 1) * CHUNK),
);
/** Postgres and forms take no characters of this kind. */
const storable = (text: string) => text.replaceAll('\0', '');
const titleOf = (payload: string) => payload.replaceAll(/\s+/g, ' ').slice(0, 300);

let app: TestApp;
let owner: SignedInVisitor;
let browser: Browser;
let page: Page;
let campaign: number;
/** What ran, was asked for elsewhere or was stopped by the policy. */
const seen: string[] = [];

beforeAll(async () => {
  app = await startTestApp();
  owner = await app.signInAs('owner');
  const { knex } = app.context;
  const [name = ''] = XSS_CORPUS;
  campaign = await insertCampaign(knex, { name, currency: 'EUR', summary: XSS_CORPUS.join('\n') });
  browser = await launchBrowser();
  const context = await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' });
  page = await context.newPage();
  await page.exposeFunction('told', (what: string) => seen.push(what));
  await page.addInitScript(`
    window.xss = window.alert = window.confirm = window.prompt = () => window.told('ran');
    document.addEventListener('securitypolicyviolation', (event) =>
      window.told('policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample));`);
  page.on('dialog', async (dialog) => {
    seen.push('dialog');
    await dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${app.url}/`)) seen.push(`request: ${request.url().slice(0, 200)}`);
  });
  await page.goto(`${app.url}/login/`);
  await page.locator('input[name="email"]').fill(owner.staff.email);
  await page.locator('input[name="password"]').fill(PASSWORD);
  await page.locator('main form button[type="submit"]').click();
  await page.waitForURL('**/patreon/');
});
afterAll(async () => {
  await browser?.close();
  await app?.close();
});

/** What stands in the page that would act if it were touched, or pretends to be ours. */
const FOUND = `[...document.querySelectorAll('*')].flatMap((element) => {
  const tag = element.outerHTML.slice(0, 160);
  const odd = [...element.attributes].filter(({ name, value }) =>
    /^on|^style$|^srcdoc$|^srcset$|^hx-on|^data-hx/.test(name) ||
    (/^(href|src|action|formaction|data|xlink:href|poster)$/.test(name) && /^[\\s\\u0000-\\u0020]*(javascript|data|vbscript|feed|view-source):/i.test(value)));
  const isScript = element.localName === 'script' && !element.src.startsWith(location.origin + '/');
  const isForeign = ['iframe', 'object', 'embed', 'base', 'style', 'math', 'portal', 'foreignobject', 'audio', 'video', 'marquee', 'isindex', 'xss'].includes(element.localName);
  const isPlace = element.localName === 'img' && !/^\\/patreon\\/posts\\/pictures\\/\\d+\\/$/.test(element.getAttribute('src') ?? '');
  return odd.length > 0 || isScript || isForeign || isPlace ? [tag] : [];
})`;

async function expectHarmless(path: string): Promise<string> {
  const answer = await page.goto(`${app.url}${path}`);
  expect([path, answer?.status()]).toEqual([path, 200]);
  expect([path, await page.evaluate(FOUND)]).toEqual([path, []]);
  expect([path, seen.splice(0)]).toEqual([path, []]);
  const text = String(await page.evaluate('document.body.innerText'));
  expect([path, text.includes(TEMPLATE_SUM)]).toEqual([path, false]);
  return text;
}

async function createDraft(title: string, content: string): Promise<number> {
  const fields = { title, content, tags: 'one', notes: content.slice(0, 9_000), action: 'save' };
  const answer = await owner.postForm(`/patreon/campaigns/${campaign}/create-post/`, fields);
  expect(answer.status).toBe(303);
  return Number(/posts\/(\d+)\//.exec(String(answer.headers.location))?.[1]);
}

test('the watch sees what it looks for', async () => {
  await page.goto(`${app.url}/patreon/`);
  await page.evaluate(
    `document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=xss()><a href=" javascript:xss()">x</a>')`,
  );
  await page.evaluate('xss()');
  await page.evaluate(`fetch('https://evil.test/').catch(() => undefined)`);
  const found = (await page.evaluate(FOUND)) as string[];
  expect(found).toHaveLength(2);
  const told = seen.splice(0).join('\n');
  for (const part of ['ran', 'policy: script-src-attr', 'policy: connect-src']) expect(told).toContain(part);
});

test(
  'nothing runs in the preview, as title or as text',
  async () => {
    const id = await createDraft('Preview', 'x');
    await page.goto(`${app.url}/patreon/posts/${id}/edit/`);
    await page.locator('#editor-screen .preview').waitFor();
    expect(XSS_CORPUS.length).toBeGreaterThan(250);
    // As the editor does it: the fragment of each becomes part of the page.
    const odd = await page.evaluate(`(async () => {
      const screen = document.getElementById('editor-screen');
      const token = document.querySelector('#draft-form [name=_csrf]').value;
      const found = [];
      for (const payload of ${JSON.stringify(XSS_CORPUS.map(storable))}) {
        const body = new URLSearchParams({ title: payload.slice(0, 300), content: payload });
        const answer = await fetch('/patreon/posts/preview/', { method: 'POST', headers: { 'x-csrf-token': token, 'hx-request': 'true' }, body });
        if (answer.status >= 500) found.push(answer.status + ' ' + payload);
        screen.innerHTML = await answer.text();
        if (screen.children.length !== 1 || !screen.firstElementChild.matches('article.preview')) found.push('outside: ' + payload);
        if (screen.textContent.includes('${TEMPLATE_SUM}')) found.push('computed: ' + payload);
        found.push(...${FOUND});
        for (const element of screen.querySelectorAll('article *'))
          for (const type of ['mouseover', 'focus', 'pointerenter', 'animationstart']) element.dispatchEvent(new Event(type, { bubbles: true }));
      }
      return found;
    })()`);
    expect(odd).toEqual([]);
    expect(seen.splice(0)).toEqual([]);
  },
  LONG_MS,
);

test(
  'nothing runs on the pages of a draft: written, shown, compared, reviewed, handed off',
  async () => {
    for (const chunk of chunks) {
      const text = chunk.map(storable).join('\n\n');
      const title = titleOf(chunk[0] ?? '');
      const id = await createDraft(title, text);
      const changed = { title: titleOf(chunk.at(-1) ?? ''), content: `${text}\n\nMore.`, version: '1', action: 'save' };
      expect((await owner.postForm(`/patreon/posts/${id}/edit/`, changed)).status).toBe(303);
      await owner.postForm(`/patreon/posts/${id}/comments/`, { body: text.slice(0, 5_000) });
      for (const below of ['', 'edit/', 'history/', 'history/compare/?from=1&to=2', 'review/', 'delete/'])
        await expectHarmless(`/patreon/posts/${id}/${below}`);
    }
  },
  LONG_MS,
);

test(
  'nothing runs where two texts are compared, or a form is refused',
  async () => {
    const text = XSS_CORPUS.map(storable).join('\n\n').slice(0, 90_000);
    const id = await createDraft('Conflict', 'Base');
    await owner.postForm(`/patreon/posts/${id}/edit/`, {
      title: 'Conflict',
      content: text,
      version: '1',
      action: 'save',
    });
    await page.goto(`${app.url}/patreon/posts/${id}/edit/`);
    const other = await app.signInAs('editor');
    const theirs = { title: '<img src=x onerror=xss()>', content: `Theirs ${text}`, version: '2', action: 'save' };
    await other.postForm(`/patreon/posts/${id}/edit/`, theirs);
    await page.locator('#draft-content').fill(`Mine ${text}`);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: /^Two texts/ }).waitFor();
    expect(await page.evaluate(FOUND)).toEqual([]);
    expect(seen.splice(0)).toEqual([]);
  },
  LONG_MS,
);

test(
  'nothing runs in lists, templates and snippets',
  async () => {
    const { knex } = app.context;
    const titles = XSS_CORPUS.map(storable).map(titleOf);
    await knex('post_drafts').insert(
      titles.slice(0, 150).map((title, place) => ({
        campaign_id: campaign,
        title,
        content: 'x',
        planned_for: place < 40 ? new Date().toISOString() : null,
      })),
    );
    const texts = chunks.map((chunk) => chunk.map(storable).join('\n\n'));
    await knex('post_templates').insert(
      texts.map((content, place) => ({
        name: `${place} ${titles[place * 7]}`.slice(0, 80),
        title: titles[place],
        content,
      })),
    );
    await knex('post_snippets').insert(
      titles.slice(0, 60).map((content, place) => ({ name: `${place} ${content}`.slice(0, 80), content })),
    );
    const template = await knex('post_templates').first('id');
    const snippet = await knex('post_snippets').first('id');
    for (const path of [
      '/patreon/posts/',
      '/patreon/posts/calendar/',
      '/patreon/posts/templates/',
      `/patreon/posts/templates/${template.id}/`,
      `/patreon/posts/snippets/${snippet.id}/`,
      `/patreon/campaigns/${campaign}/create-post/`,
      '/patreon/',
    ])
      await expectHarmless(path);
  },
  LONG_MS,
);

test(
  'nothing runs of what a sync brings: posts, names, descriptions, searches',
  async () => {
    const { knex } = app.context;
    const titles = XSS_CORPUS.map(storable).map(titleOf);
    const posts = await insertPosts(
      knex,
      campaign,
      chunks.map((chunk, place) => ({
        title: titles[place * CHUNK],
        content: chunk.map(storable).join('\n'),
        published_at: new Date(2026, 0, place + 1).toISOString(),
        url: `javascript:xss()//${place}`,
        embed_url: 'data:text/html,<script>xss()</script>',
        embed_data: JSON.stringify({ html: '<img src=x onerror=xss()>' }),
      })),
    );
    await insertPosts(
      knex,
      campaign,
      titles.map((title) => ({ title, published_at: new Date().toISOString() })),
    );
    const [tier] = await insertTiers(
      knex,
      campaign,
      titles.slice(0, 60).map((title) => ({ title, description: title, amount_cents: 300 })),
    );
    const members = titles.map((full_name) => ({ full_name, note: full_name }));
    const [member] = await insertMembers(knex, campaign, members);
    for (const path of [
      ...posts.map((id) => `/patreon/posts/${id}/`),
      `/patreon/posts/${posts[0]}/versions/`,
      `/patreon/posts/${posts[0]}/edit/`,
      '/patreon/posts/?q=img',
      `/patreon/posts/?q=${encodeURIComponent('"><img src=x onerror=xss()>')}`,
      '/patreon/members/',
      `/patreon/members/?q=${encodeURIComponent('<svg onload=xss()>')}`,
      `/patreon/members/${member}/`,
      '/patreon/tiers/',
      `/patreon/tiers/${tier}/`,
      '/patreon/campaigns/',
      `/patreon/campaigns/${campaign}/`,
      `/search/?q=${encodeURIComponent('<img src=x onerror=xss()>')}`,
      '/search/?q=onerror',
    ])
      await expectHarmless(path);
  },
  LONG_MS,
);
