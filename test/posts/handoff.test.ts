import { inflateRawSync } from 'node:zlib';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign, insertPosts, insertTiers } from '../support/campaign-factories';
import { readPage } from '../support/page';
import { insertDraft, storedDraft } from './draft-factories';

const NOW = '2026-11-22T12:00:00.000Z';
const WHOLE = { title: 'A walk at dawn', content: 'We went **out** before the birds did.' };

let app: TestApp;
let editor: SignedInVisitor;
let viewer: SignedInVisitor;
let campaign: number;

beforeAll(async () => {
  app = await startTestApp({ clock: { now: () => new Date(NOW) } });
  [editor, viewer] = await Promise.all([app.signInAs('editor'), app.signInAs('viewer')]);
  campaign = await insertCampaign(app.context.knex, { name: 'Quill Workshop', currency: 'USD' });
  await insertTiers(app.context.knex, campaign, [{ patreon_id: '11', title: 'Inkwell', amount_cents: 500 }]);
});
afterAll(() => app.close());

const insert = (values: Record<string, unknown> = {}) =>
  insertDraft(app.context.knex, campaign, { state: 'ready', ...WHOLE, ...values });
const stored = (id: number) => storedDraft(app.context.knex, id);
const sheetOf = async (id: number, who = editor) =>
  readPage((await who.get(`/patreon/posts/${id}/handoff/`).expect(200)).text);
const handOff = (id: number, fields = {}, who = editor) => who.postForm(`/patreon/posts/${id}/handoff/`, fields);

async function insertPicture(file_name: string, bytes: Buffer): Promise<number> {
  const row = {
    campaign_id: campaign,
    content_type: 'image/png',
    width: 1,
    height: 1,
    sha256: bytes,
    bytes,
    file_name,
  };
  const [{ id }] = await app.context.knex('post_pictures').insert(row).returning('id');
  return id;
}

describe('the hand-off sheet', () => {
  it('has the text with its formatting, as plain text and as Markdown, and the title', async () => {
    const page = await sheetOf(await insert());
    expect(page.html).toContain('<p>We went <strong>out</strong> before the birds did.</p>');
    expect(page.html).toMatch(/id="handoff-text"[^>]*>\nWe went out before the birds did\.<\/textarea>/);
    expect(page.html).toMatch(/id="handoff-markdown"[^>]*>\nWe went \*\*out\*\* before the birds did\.<\/textarea>/);
    expect(page.html).toContain('data-copy="A walk at dawn"');
  });

  it('leads to Patreon’s editor, without telling it where from', async () => {
    expect((await sheetOf(await insert())).html).toContain(
      'href="https://www.patreon.com/posts/new" rel="noopener noreferrer"',
    );
  });

  it.each<[Record<string, unknown>, string[]]>([
    [{ is_public: true }, ['choose “Public”', 'Publish it.']],
    [{}, ['choose all paid members']],
    [{ tiers: ['11'], is_paid: true }, ['choose the tiers Inkwell', 'patrons are charged']],
    [{ min_cents_pledged_to_view: 700 }, ['tiers that cost less than $7.00']],
    [{ tags: ['birds', 'dawn'] }, ['Add the tags birds, dawn.']],
    [{ planned_for: '2026-12-01T08:30:00Z' }, ['Schedule it for Dec 1, 2026, 8:30 AM (UTC).']],
  ])('says what to choose on Patreon for %j', async (values, steps) => {
    const { text } = await sheetOf(await insert(values));
    for (const step of steps) expect(text).toContain(step);
  });

  it('tells the planned time by the clocks of the campaign', async () => {
    const elsewhere = await insertCampaign(app.context.knex, { name: 'Far' });
    await app.context.knex('campaign_settings').insert({ campaign_id: elsewhere, time_zone: 'Asia/Tokyo' });
    const values = { ...WHOLE, state: 'ready', planned_for: '2026-12-01T08:30:00Z' };
    expect((await sheetOf(await insertDraft(app.context.knex, elsewhere, values))).text).toContain(
      'Dec 1, 2026, 5:30 PM',
    );
  });

  it('is not there yet for a draft that is not ready', async () => {
    const page = await sheetOf(await insert({ state: 'in_review' }));
    expect(page.text).toContain('This post is not ready yet.');
    expect(page.html).not.toContain('handoff-rich');
  });

  it('is read by viewers, who cannot say that it is done', async () => {
    const id = await insert();
    expect((await sheetOf(id, viewer)).html).not.toContain('It is on Patreon, or scheduled there');
    expect((await handOff(id, {}, viewer)).status).toBe(403);
  });

  it('runs nothing that stands in the text', async () => {
    const page = await sheetOf(
      await insert({ title: '"><script>x()</script>', content: '</textarea><script>x()</script>' }),
    );
    expect(page.html).not.toContain('<script>x()');
  });
});

describe('saying that it is done', () => {
  it('freezes the version and waits for the post', async () => {
    const id = await insert({ version: 1 });
    expect((await handOff(id, { version: '1' })).headers.location).toBe(`/patreon/posts/${id}/handoff/`);
    const draft = await stored(id);
    expect(draft).toMatchObject({ state: 'handed_off', handed_off_version: 1, state_by: editor.staff.id });
    expect(new Date(draft.handed_off_at).toISOString()).toBe(NOW);
    expect((await sheetOf(id)).text).toContain('Version 1 was handed off. The panel waits');
    expect(readPage((await editor.get(`/patreon/posts/${id}/`)).text).text).toContain('Waiting for Patreon.');
    const audit = await app.context.knex('audit_entries').where({ action: 'draft.handed_off', subject_id: String(id) });
    expect(audit).toMatchObject([{ details: { version: 1 }, staff_id: editor.staff.id }]);
  });

  it('leads to where Patreon is read again: the sync of the campaign, or the post that is revised', async () => {
    const manager = await app.signInAs('manager');
    const sync = `<a href="/patreon/campaigns/${campaign}/sync/">`;
    const fresh = await insert({ state: 'handed_off', handed_off_version: 1, handed_off_at: NOW });
    expect((await manager.get(`/patreon/posts/${fresh}/`)).text).toContain(sync);
    expect((await editor.get(`/patreon/posts/${fresh}/`)).text).not.toContain(sync);
    const [post] = await insertPosts(app.context.knex, campaign, [{ title: 'As it was' }]);
    const again = { state: 'handed_off', handed_off_version: 1, handed_off_at: NOW, post_id: post };
    const revision = await insert(again);
    expect((await editor.get(`/patreon/posts/${revision}/`)).text).toContain(
      `<a href="/patreon/posts/${post}/">To the`,
    );
  });

  it('is harmless twice, also at the same moment', async () => {
    const id = await insert();
    const answers = await Promise.all([handOff(id), handOff(id), handOff(id)]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    expect(await app.context.knex('post_draft_moves').where({ draft_id: id })).toHaveLength(1);
  });

  it.each(['idea', 'draft', 'in_review', 'published', 'drifted'])(
    'is refused in words for one that is %s',
    async (state) => {
      const id = await insert({ state, handed_off_version: state === 'published' || state === 'drifted' ? 1 : null });
      const answer = await handOff(id);
      expect(answer.status).toBe(409);
      expect(readPage(answer.text).text).toContain('cannot become “Handed off”');
      expect((await stored(id)).state).toBe(state);
    },
  );

  it('is refused when another version was on the sheet', async () => {
    const id = await insert({ version: 2 });
    expect((await handOff(id, { version: '1' })).status).toBe(409);
    expect((await handOff(id, { version: 'x' })).status).toBe(422);
    expect((await stored(id)).state).toBe('ready');
  });

  it('answers 404 for a mirrored post and for nothing', async () => {
    expect((await handOff(987_654)).status).toBe(404);
  });
});

describe('the pictures of a post', () => {
  it('come as a zip in the order of the text, the cover last, named by their descriptions', async () => {
    const [one, two, cover] = [
      await insertPicture('b.png', Buffer.from('one')),
      await insertPicture('a.png', Buffer.from('two')),
      await insertPicture('Mon été.png', Buffer.from('cover')),
    ];
    const at = (id: number, alt: string) => `![${alt}](/patreon/posts/pictures/${id}/)`;
    const content = `${at(two, 'A heron, flying')}\n\n${at(one, '')}\n\n${at(two, 'Again')}`;
    const id = await insert({ content, cover_id: cover });
    const page = await sheetOf(id);
    expect(page.html).toContain('[Picture 1: A heron, flying]');
    expect(page.html).toContain('[Picture 2]');
    expect(page.html).not.toContain('<img');
    expect(page.text).toContain('Choose 03-mon-ete.png as the cover.');
    const answer = await editor.agent
      .get(`/patreon/posts/${id}/handoff/pictures/`)
      .buffer(true)
      .parse((res, done) => readBytes(res as unknown as NodeJS.ReadableStream, done));
    expect(answer.headers['content-type']).toBe('application/zip');
    expect(unzip(answer.body)).toEqual([
      ['01-a-heron-flying.png', 'two'],
      ['02-b.png', 'one'],
      ['03-mon-ete.png', 'cover'],
    ]);
  });

  it('are not offered where there are none', async () => {
    const id = await insert();
    expect((await sheetOf(id)).html).not.toContain('handoff/pictures/');
    expect((await editor.get(`/patreon/posts/${id}/handoff/pictures/`)).status).toBe(404);
  });

  it('are never those of another campaign', async () => {
    const other = await insertCampaign(app.context.knex, { name: 'Other' });
    const picture = await insertPicture('secret.png', Buffer.from('secret'));
    const content = `![x](/patreon/posts/pictures/${picture}/)`;
    const id = await insertDraft(app.context.knex, other, { title: 'x', content, state: 'ready' });
    expect((await editor.get(`/patreon/posts/${id}/handoff/pictures/`)).status).toBe(404);
  });
});

function readBytes(res: NodeJS.ReadableStream, done: (error: Error | null, body: Buffer) => void): void {
  const parts: Buffer[] = [];
  res.on('data', (part: Buffer) => parts.push(part));
  res.on('end', () => done(null, Buffer.concat(parts)));
}

/** Names and contents by the zip's own directory. */
function unzip(zip: Buffer): [string, string][] {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = zip.readUInt32LE(end + 16);
  return Array.from({ length: zip.readUInt16LE(end + 10) }, () => {
    const [method, size] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20)];
    const [name, extra, comment] = [28, 30, 32].map((place) => zip.readUInt16LE(at + place)) as [
      number,
      number,
      number,
    ];
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const bytes = zip.subarray(start, start + size);
    const entry: [string, string] = [
      zip.toString('utf8', at + 46, at + 46 + name),
      (method === 8 ? inflateRawSync(bytes) : bytes).toString(),
    ];
    at += 46 + name + extra + comment;
    return entry;
  });
}
