import { type IncomingHttpHeaders, request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign, insertTiers } from '../support/campaign-factories';
import { insertMembers } from '../support/factories';
import { readPage } from '../support/page';

let panel: TestApp;
let owner: SignedInVisitor;
let cookie: string;

beforeAll(async () => {
  panel = await startTestApp();
  owner = await panel.signInAs('owner');
  const [sid] = [(await owner.get('/account/')).headers['set-cookie']].flat();
  cookie = String(sid).split(';')[0] as string;
  const { knex } = panel.context;
  const campaign = await insertCampaign(knex, { name: 'Lanterns', currency: 'EUR' });
  await insertTiers(knex, campaign, [{ patreon_id: '71', title: 'Wick', amount_cents: 500 }]);
  const names = Array.from({ length: 80 }, (_, index) => `Sunniva ${index} Harrow of ${(index * 7_919).toString(36)}`);
  await insertMembers(
    knex,
    campaign,
    names.map((full_name, index) => ({ full_name, email: `${index}.${index * 31}@example.com` })),
  );
});
afterAll(async () => {
  await panel.close();
});

interface Sent {
  status: number;
  headers: IncomingHttpHeaders;
  /** As it travelled. */
  body: Buffer;
}

/** What a browser that takes brotli is sent, byte for byte. */
function take(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const asked = { cookie, 'accept-encoding': 'gzip, deflate, br', ...headers };
    const sent = request(new URL(path, panel.url), { method, headers: asked }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject).end();
  });
}

const encodingOf = async (path: string, headers?: Record<string, string>, method?: string) =>
  (await take(path, headers, method)).headers['content-encoding'];

describe('an answer', () => {
  it('is compressed as the browser likes it best, and says that this depends on the browser', async () => {
    const page = await take('/patreon/members/');
    expect(page.headers['content-encoding']).toBe('br');
    expect(page.headers.vary).toMatch(/accept-encoding/i);
    expect(page.headers.vary).toMatch(/hx-request/i);
    expect(readPage(brotliDecompressSync(page.body).toString()).rows('members').length).toBeGreaterThan(10);
    const older = await take('/css/components.css', { 'accept-encoding': 'gzip' });
    expect(older.headers['content-encoding']).toBe('gzip');
    const plain = await take('/css/components.css', { 'accept-encoding': 'identity' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(gunzipSync(older.body).equals(plain.body)).toBe(true);
    expect(plain.headers.vary).toMatch(/accept-encoding/i);
  });

  it('is known again by its tag, compressed or not', async () => {
    const { headers } = await take('/css/components.css');
    expect(headers.etag).toMatch(/^W\//);
    expect((await take('/css/components.css', { 'if-none-match': String(headers.etag) })).status).toBe(304);
  });

  it('stays as it is when it is small, when the head alone is asked for, and when a part of a file is', async () => {
    expect(await encodingOf('/healthz')).toBeUndefined();
    expect(await encodingOf('/css/components.css', {}, 'HEAD')).toBeUndefined();
    const part = await take('/css/components.css', { range: 'bytes=0-4999' });
    expect([part.status, part.headers['content-encoding'], part.body.length]).toEqual([206, undefined, 5_000]);
  });

  it('stays as it is when it is a file that is streamed to whoever takes it', async () => {
    const file = await take('/patreon/members/export/?format=json');
    expect(file.headers['content-disposition']).toMatch(/^attachment/);
    expect(file.headers['content-encoding']).toBeUndefined();
    expect(JSON.parse(file.body.toString())).toHaveLength(80);
  });

  it('tells nothing by its length to a site that makes a browser ask for it', async () => {
    for (const site of ['cross-site', 'same-site'])
      expect(await encodingOf('/patreon/members/?q=Sunniva', { 'sec-fetch-site': site })).toBeUndefined();
    for (const site of ['same-origin', 'none'])
      expect(await encodingOf('/patreon/members/?q=Sunniva', { 'sec-fetch-site': site })).toBe('br');
  });

  it('never prints the same token twice, and one token throughout', async () => {
    const pages = await Promise.all([owner.get('/account/'), owner.get('/account/')]);
    const tokens = pages.map(
      ({ text }) => new Set([...text.matchAll(/name="_csrf" value="(\w+)"/g)].map(([, t]) => t)),
    );
    expect(tokens.map(({ size }) => size)).toEqual([1, 1]);
    const [one, other] = tokens.flatMap((found) => [...found]);
    expect(one).not.toBe(other);
    for (const _csrf of [other, one]) {
      const answer = await owner.agent.post('/account/theme/').type('form').send({ _csrf, theme: 'dark' });
      expect(answer.status).toBe(303);
    }
  });
});

describe('a first visit', () => {
  it.each(['/patreon/', '/patreon/members/'])('to %s takes less than 100 kB with all that it needs', async (path) => {
    const page = await take(path);
    expect([page.status, page.headers['content-encoding']]).toEqual([200, 'br']);
    const html = brotliDecompressSync(page.body).toString();
    const files = [...html.matchAll(/<(?:link|script)[^>]*? (?:href|src)="(\/[^"]+)"/g)].map(
      ([, file]) => file as string,
    );
    const icons = /href="(\/icons\.svg[^"#]*)/.exec(html)?.[1];
    const needed = [...new Set([...files, icons as string])];
    expect(needed.length).toBeGreaterThanOrEqual(10);
    const sizes = await Promise.all(
      needed.map(async (file) => {
        const sent = await take(file);
        expect([file, sent.status]).toEqual([file, 200]);
        return sent.body.length + JSON.stringify(sent.headers).length;
      }),
    );
    const weight = sizes.reduce((sum, size) => sum + size, page.body.length + JSON.stringify(page.headers).length);
    expect(weight).toBeLessThan(100_000);
    // So that the sum is known to have counted something.
    expect(weight).toBeGreaterThan(20_000);
  });
});
