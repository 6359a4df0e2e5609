import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { PICTURE_QUOTA } from '../../src/apps/posts/post-picture.service';
import { type SignedInVisitor, startTestApp, type TestApp, type Visitor } from '../support/app';
import { insertCampaign } from '../support/campaign-factories';
import { readPage } from '../support/page';

const ADDRESS = '/patreon/posts/pictures/';
const JSON_WANTED = { Accept: 'application/json' };

let app: TestApp;
let editor: SignedInVisitor;
let campaign: number;

beforeAll(async () => {
  app = await startTestApp();
  editor = await app.signInAs('editor');
});
beforeEach(async () => {
  campaign = await insertCampaign(app.context.knex, { name: 'Quill Workshop' });
});
afterAll(() => app.close());

const plain = (width = 40, height = 30) =>
  sharp({ create: { width, height, channels: 3, background: { r: width % 256, g: height % 256, b: 90 } } });

interface Sent {
  fields?: Record<string, string>;
  name?: string;
  headers?: Record<string, string>;
  by?: Visitor;
}

/** Sends a file as a browser without scripts does: the token is a field before it. */
async function send(file: Buffer | null, { fields, name = 'picture.png', headers = {}, by = editor }: Sent = {}) {
  const request = by.agent.post(ADDRESS).set(headers);
  const all = fields ?? { _csrf: await by.csrf(), campaign: String(campaign) };
  for (const [field, value] of Object.entries(all)) request.field(field, value);
  return file ? request.attach('picture', file, { filename: name }) : request;
}
const rows = () => app.context.knex('post_pictures').where({ campaign_id: campaign });

describe('a picture', () => {
  it('is stored and leads back to the pictures, where its line of Markdown stands', async () => {
    const answer = await send(await plain().png().toBuffer(), { name: 'A [heron] & friends.png' });
    expect([answer.status, answer.headers.location]).toEqual([303, `${ADDRESS}?campaign=${campaign}`]);
    const [row] = await rows();
    const page = readPage((await editor.get(String(answer.headers.location))).text);
    expect(page.html).toContain(`![A heron friends](${ADDRESS}${row.id}/)`);
    expect(page.text).toContain('40 × 30');
  });

  it('is answered as JSON to the editor, which sends the token in a header', async () => {
    const fields = { campaign: String(campaign) };
    const headers = { ...JSON_WANTED, 'X-CSRF-Token': await editor.csrf() };
    const { status, body } = await send(await plain().jpeg().toBuffer(), { fields, headers, name: 'heron.jpg' });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(Number),
      width: 40,
      height: 30,
      address: `${ADDRESS}${body.id}/`,
      markdown: `![heron](${ADDRESS}${body.id}/)`,
    });
  });

  it('loses what the camera noted and stands upright', async () => {
    const noted = await plain(40, 30)
      .withExif({
        IFD0: { Copyright: 'Somebody at home' },
        IFD3: { GPSLatitude: '51/1 30/1 0/1', GPSLatitudeRef: 'N' },
      })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    expect((await sharp(noted).metadata()).exif).toBeDefined();
    await send(noted, { name: 'home.jpg' });
    const [row] = await rows();
    const told = await sharp(row.bytes).metadata();
    expect([told.exif, told.xmp, told.iptc, told.orientation]).toEqual([undefined, undefined, undefined, undefined]);
    expect([row.width, row.height]).toEqual([30, 40]);
    expect(row.bytes.includes('Somebody at home')).toBe(false);
  });

  it.each(['png', 'jpeg', 'gif', 'webp'] as const)('stays %s', async (format) => {
    await send(await plain().toFormat(format).toBuffer());
    const [row] = await rows();
    expect(row.content_type).toBe(`image/${format}`);
    expect((await sharp(row.bytes).metadata()).format).toBe(format);
  });

  it.each(['gif', 'webp'] as const)('goes on moving as %s', async (format) => {
    const frames = Buffer.concat([Buffer.alloc(20 * 20 * 3, 10), Buffer.alloc(20 * 20 * 3, 200)]);
    const moving = await sharp(frames, { raw: { width: 20, height: 40, channels: 3, pageHeight: 20 } })
      .toFormat(format, { delay: [100, 100] })
      .toBuffer();
    expect((await sharp(moving).metadata()).pages).toBe(2);
    await send(moving);
    const [row] = await rows();
    expect((await sharp(row.bytes).metadata()).pages).toBe(2);
    expect([row.width, row.height]).toEqual([20, 20]);
  });

  it('is stored once however often it is sent', async () => {
    const file = await plain().png().toBuffer();
    const answers = await Promise.all([1, 2, 3].map(() => send(file, { headers: JSON_WANTED })));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await rows()).toHaveLength(1);
  });

  it('is shown to everybody of the team and to nobody else, locked up in its own policy', async () => {
    const { body } = await send(await plain().png().toBuffer(), { headers: JSON_WANTED });
    const viewer = await app.signInAs('viewer');
    const answer = await viewer.get(body.address).expect(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'image/png',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, max-age=31536000, immutable',
    });
    expect((await sharp(answer.body as Buffer).metadata()).width).toBe(40);
    await viewer.get(body.address, { 'If-None-Match': String(answer.headers.etag) }).expect(304);
    expect((await app.visitor().get(body.address)).status).toBe(303);
    await viewer.get(`${ADDRESS}999999/`).expect(404);
  });
});

describe('what is refused', () => {
  const refused = async (file: Buffer | null, sent: Sent = {}) => {
    const { status, body } = await send(file, { ...sent, headers: JSON_WANTED });
    expect(await rows()).toEqual([]);
    return [status, body.errors[0].detail];
  };

  it.each([
    ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ['a page', '<!doctype html><script>alert(1)</script>'],
    ['a document', '%PDF-1.7\n'],
    ['nothing', ''],
  ])('%s, whatever it is called', async (_what, content) => {
    expect(await refused(Buffer.from(content))).toEqual([422, 'This is no PNG, JPEG, GIF or WebP picture.']);
  });

  it('half a picture, and noise that begins like one', async () => {
    const file = await sharp(randomBytes(300 * 300 * 3), { raw: { width: 300, height: 300, channels: 3 } })
      .png()
      .toBuffer();
    const damaged = [422, 'This picture is damaged. Save it again in your image program.'];
    expect(await refused(file.subarray(0, file.length / 2))).toEqual(damaged);
    expect(await refused(Buffer.concat([file.subarray(0, 8), randomBytes(500)]))).toEqual(damaged);
  });

  it('a small file that would unfold into a huge picture', async () => {
    const bomb = await sharp({ create: { width: 9_000, height: 9_000, channels: 3, background: 'white' } })
      .png({ compressionLevel: 9 })
      .toBuffer();
    expect(bomb.length).toBeLessThan(1_000_000);
    expect((await refused(bomb))[1]).toContain('more than 40 million pixels');
  });

  it('a file beyond 10 MB, another one beside it, and none at all', async () => {
    expect(await refused(Buffer.alloc(10 * 1024 ** 2 + 1))).toEqual([
      422,
      'This file is larger than 10 MB. Make it smaller and send it again.',
    ]);
    expect(await refused(null)).toEqual([422, 'Choose a file first.']);
    const file = await plain().png().toBuffer();
    const two = await editor.agent
      .post(ADDRESS)
      .set(JSON_WANTED)
      .field('_csrf', await editor.csrf())
      .field('campaign', String(campaign))
      .attach('picture', file, 'a.png')
      .attach('picture', file, 'b.png');
    expect([two.status, await rows()]).toEqual([422, []]);
  });

  it('a picture for no campaign', async () => {
    const file = await plain().png().toBuffer();
    const _csrf = await editor.csrf();
    for (const other of ['', '0', '99999999', 'x'])
      expect(await refused(file, { fields: { _csrf, campaign: other } })).toEqual([422, 'This campaign is not there.']);
  });

  it('more than there is room for', async () => {
    const { knex } = app.context;
    await knex.raw(
      `insert into post_pictures (campaign_id, sha256, content_type, bytes, width, height)
       select ?, int4send(part), 'image/png', decode(repeat('00', ?), 'hex'), 1, 1 from generate_series(1, 10) part`,
      [campaign, PICTURE_QUOTA / 10],
    );
    const { status, body } = await send(await plain().png().toBuffer(), { headers: JSON_WANTED });
    expect([status, body.errors[0].detail]).toEqual([422, expect.stringContaining('500 MB already')]);
    await rows().delete();
  });

  it('a plain form with it, as a page that says why', async () => {
    const answer = await send(Buffer.from('GIF?'));
    expect([answer.status, readPage(answer.text).text.includes('This is no PNG')]).toEqual([422, true]);
  });

  it('a file without a token, with a wrong one, or with one that comes from elsewhere', async () => {
    const file = await plain().png().toBuffer();
    const other = await app.visitor().csrf();
    for (const _csrf of ['', 'wrong', other]) {
      const answer = await send(file, { fields: { _csrf, campaign: String(campaign) } });
      expect(answer.status).toBe(403);
    }
    const elsewhere = { 'Sec-Fetch-Site': 'cross-site' };
    expect((await send(file, { headers: elsewhere })).status).toBe(403);
    expect(await rows()).toEqual([]);
  });

  it('a file of whoever may not write, unread', async () => {
    const file = await plain().png().toBuffer();
    for (const by of [await app.signInAs('viewer'), app.visitor()]) {
      const answer = await send(file, { by });
      expect(answer.status).toBe(403);
    }
    expect(await rows()).toEqual([]);
  });

  it('a file sent to any other address', async () => {
    const { status } = await editor.agent
      .post('/patreon/posts/preview/')
      .field('_csrf', await editor.csrf())
      .field('title', 'x')
      .attach('picture', await plain().png().toBuffer(), 'a.png');
    expect(status).toBe(403);
  });

  it('a body that is no form after all', async () => {
    const answer = await editor.agent
      .post(ADDRESS)
      .set('Content-Type', 'multipart/form-data; boundary=x')
      .set('X-CSRF-Token', await editor.csrf())
      .send('--x\r\nbroken');
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });
});

describe('the pictures of a campaign', () => {
  it('stand on pages, the newest first, and are those of this campaign alone', async () => {
    const { knex } = app.context;
    const other = await insertCampaign(knex, {});
    const row = (campaign_id: number, part: number) => ({
      campaign_id,
      sha256: Buffer.from([part]),
      content_type: 'image/png',
      bytes: Buffer.from([0]),
      width: 1,
      height: 1,
      file_name: `picture ${part}.png`,
    });
    await knex('post_pictures').insert([
      ...Array.from({ length: 30 }, (_, part) => row(campaign, part)),
      row(other, 99),
    ]);
    const first = readPage((await editor.get(`${ADDRESS}?campaign=${campaign}`)).text);
    expect(first.text).toContain('picture 29.png');
    expect(first.text).not.toContain('picture 5.png');
    const second = readPage((await editor.get(first.link('next') as string)).text);
    expect([second.text.includes('picture 5.png'), second.text.includes('picture 29.png')]).toEqual([true, false]);
    expect(`${first.text}${second.text}`).not.toContain('picture 99.png');
  });

  it.each(['', '?campaign=', '?campaign=0', '?campaign=x', '?campaign=999999', '?campaign=1&campaign=2'])(
    'are of no campaign: %s',
    async (query) => {
      expect((await editor.get(`${ADDRESS}${query}`)).status).toBe(404);
    },
  );
});
