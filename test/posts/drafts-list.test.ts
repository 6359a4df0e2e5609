import { purgeDrafts } from '../../src/apps/posts/draft-deletion.service';
import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign, insertPosts } from '../support/campaign-factories';
import { readPage } from '../support/page';

const DAY_MS = 86_400_000;

describe('the list of drafts', () => {
  let app: TestApp;
  let ada: SignedInVisitor;
  let ben: SignedInVisitor;
  let radio: number;
  let workshop: number;

  beforeAll(async () => {
    app = await startTestApp();
    [ada, ben] = [await app.signInAs('editor'), await app.signInAs('viewer')];
    radio = await insertCampaign(app.context.knex, { name: 'Tidewater Radio' });
    workshop = await insertCampaign(app.context.knex, { name: 'Quill Workshop' });
  });
  afterAll(() => app.close());
  beforeEach(() => app.context.knex('post_drafts').delete());

  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  const insert = async (values: Record<string, unknown>): Promise<number> => {
    const [row] = await app.context
      .knex('post_drafts')
      .insert({ campaign_id: radio, ...values })
      .returning('id');
    return row.id;
  };
  const listed = async (query = '', path = '/patreon/posts/', by = ben) =>
    readPage((await by.get(`${path}${query}`).expect(200)).text)
      .rows('drafts')
      .map((row) => Number(row.id));

  it('shows what was saved last first, with its state, campaign and plan', async () => {
    const older = await insert({ title: 'Older', saved_at: minutesAgo(5), planned_for: '2027-03-01T17:30:00Z' });
    const newer = await insert({ title: '', state: 'in_review', campaign_id: workshop, saved_at: minutesAgo(1) });
    expect(await listed()).toEqual([newer, older]);
    const rows = readPage((await ben.get('/patreon/posts/')).text).rows('drafts');
    expect(rows.map((row) => row.attributes['data-state'])).toEqual(['in_review', 'draft']);
    expect(rows[0]?.text).toMatch(/Untitled draft.*In review.*Quill Workshop.*Not planned/);
    expect(rows[1]?.text).toMatch(/Older.*Tidewater Radio.*Mar 1, 2027/);
  });

  it('shows of a live one when it was published, and no longer what was planned', async () => {
    const [post_id] = await insertPosts(app.context.knex, radio, [{ published_at: '2026-11-22T08:15:00Z' }]);
    const planned_for = '2026-11-25T09:00:00Z';
    const ids = [];
    for (const state of ['published', 'handed_off'])
      ids.push(await insert({ title: state, state, planned_for, ...(state === 'published' && { post_id }) }));
    const rows = readPage((await ben.get('/patreon/posts/')).text).rows('drafts');
    const [live, waiting] = ids.map((id) => rows.find((row) => Number(row.id) === id)?.text);
    expect(live).toMatch(/Nov 22, 2026, 8:15\sAM Published/);
    expect(waiting).toMatch(/Nov 25, 2026/);
    const [page, other] = await Promise.all(
      ids.map(async (id) => readPage((await ben.get(`/patreon/posts/${id}/`)).text)),
    );
    expect(page?.text).toMatch(/Published Nov 22, 2026, 8:15\sAM/);
    expect(page?.text).toContain('What was handed off');
    expect(page?.text).not.toMatch(/Nov 25, 2026|Planned for/);
    expect(other?.text).toContain('How it will look');
  });

  it('can be narrowed to a state, a campaign, and what one began oneself', async () => {
    const idea = await insert({ state: 'idea', created_by: ada.staff.id, saved_at: minutesAgo(3) });
    const ready = await insert({ state: 'ready', campaign_id: workshop, saved_at: minutesAgo(2) });
    expect(await listed('?draft_state=idea')).toEqual([idea]);
    expect(await listed(`?campaign=${workshop}`)).toEqual([ready]);
    expect(await listed('', `/patreon/campaigns/${radio}/posts/`)).toEqual([idea]);
    expect(await listed('?drafts_of=me', '/patreon/posts/', ada)).toEqual([idea]);
    const none = readPage((await ben.get('/patreon/posts/?draft_state=published').expect(200)).text);
    expect(none.text).toContain('No draft is like that.');
  });

  it('finds words of a title or a text as they are typed, and keeps them from page to page', async () => {
    const titled = await insert({ title: 'The Lighthouse', saved_at: minutesAgo(3) });
    const written = await insert({ content: 'Seen from the *lighthouse*.', saved_at: minutesAgo(2) });
    const percent = await insert({ content: 'A 5 % share', saved_at: minutesAgo(1) });
    expect(await listed('?drafts_q=LIGHThouse')).toEqual([written, titled]);
    expect(await listed('?drafts_q=%20lighthouse%20&draft_state=draft')).toEqual([written, titled]);
    expect(await listed('?drafts_q=5+%25')).toEqual([percent]);
    expect((await ben.get('/patreon/posts/?drafts_q=_')).text).toContain('No draft is like that.');
    expect((await ben.get('/patreon/posts/?drafts_q=lighthouse')).text).toContain('value="lighthouse"');
    for (let count = 0; count < 12; count += 1) await insert({ title: 'Lighthouse', saved_at: minutesAgo(count) });
    const { text } = await ben.get('/patreon/posts/?drafts_q=lighthouse');
    expect(/href="([^"]*drafts_after[^"#]*)/.exec(text)?.[1]).toContain('drafts_q=lighthouse');
  });

  it('tells those of which nobody said yet which post they became', async () => {
    const { knex } = app.context;
    const [unsure, refused] = [await insert({ state: 'handed_off' }), await insert({ state: 'handed_off' })];
    const [post_id] = await insertPosts(knex, radio, [{ title: 'Arrived' }]);
    const candidate = { post_id, has_same_title: true, found_at: minutesAgo(1) };
    await knex('post_draft_candidates').insert([
      { ...candidate, draft_id: unsure },
      { ...candidate, draft_id: refused, refused_at: minutesAgo(0) },
    ]);
    expect(await listed('?draft_state=unsure')).toEqual([unsure]);
  });

  it('stands above the posts while there are drafts, and below them while there is none', async () => {
    await insertPosts(app.context.knex, workshop, [{ title: 'Ink' }]);
    const places = async (query = '') => {
      const { text } = await ben.get(`/patreon/posts/${query}`).expect(200);
      return ['id="drafts-title"', 'data-list="posts"'].map((mark) => text.indexOf(mark));
    };
    const [below = 0, above = 0] = await places();
    expect(below).toBeGreaterThan(above);
    await insert({});
    for (const query of ['', '?draft_state=ready', '?drafts_q=nothing+like+it']) {
      const [drafts = 0, posts = 0] = await places(query);
      expect([query, drafts > 0 && drafts < posts]).toEqual([query, true]);
    }
  });

  it('can be put in the order of the plan, those without one last', async () => {
    const unplanned = await insert({});
    const later = await insert({ planned_for: '2027-05-01T00:00:00Z' });
    const sooner = await insert({ planned_for: '2027-04-01T00:00:00Z' });
    expect(await listed('?drafts_sort=planned')).toEqual([sooner, later, unplanned]);
  });

  it('comes in pages that show every draft once', async () => {
    const ids: number[] = [];
    for (let count = 0; count < 45; count += 1) ids.push(await insert({ saved_at: minutesAgo(count) }));
    const found: number[] = [];
    for (let path: string | undefined = '/patreon/posts/'; path; ) {
      const { text }: { text: string } = await ben.get(path).expect(200);
      found.push(
        ...readPage(text)
          .rows('drafts')
          .map((row) => Number(row.id)),
      );
      path = /href="([^"]*drafts_after[^"#]*)/.exec(text)?.[1]?.replaceAll('&amp;', '&');
    }
    expect(found).toEqual(ids);
  });

  it('passes over parameters that make no sense', async () => {
    const id = await insert({});
    for (const query of [
      '?draft_state=x',
      '?drafts_after=x',
      '?drafts_sort=x',
      '?drafts_of=x',
      `?drafts_q=${'x'.repeat(101)}`,
      '?drafts_q=%00',
      '?drafts_q=a&drafts_q=b',
      '?drafts_q=+',
      '?draft_state=a&draft_state=b',
    ])
      expect([query, await listed(query)]).toEqual([query, [id]]);
  });

  it('offers to create a post to those who write, for the campaign that they choose', async () => {
    const page = (await ada.get('/patreon/posts/').expect(200)).text;
    for (const id of [radio, workshop]) expect(page).toContain(`/patreon/campaigns/${id}/create-post/`);
    expect((await ben.get('/patreon/posts/')).text).not.toContain('create-post');
    for (const path of ['', 'posts/'])
      expect((await ada.get(`/patreon/campaigns/${radio}/${path}`).expect(200)).text).toContain(
        `${radio}/create-post/`,
      );
  });

  describe('what is removed at night', () => {
    const at = (daysAgo: number, seconds = 0) => {
      // Never across the end of ten minutes.
      const start = Math.floor((Date.now() - daysAgo * DAY_MS) / 600_000) * 600_000;
      return new Date(start + seconds * 1_000).toISOString();
    };
    const version = (draft_id: number, number: number, values: Record<string, unknown>) =>
      app.context.knex('post_draft_versions').insert({
        ...{ draft_id, version: number, kind: 'autosaved', title: '', content: '', is_paid: false, is_public: false },
        ...{ tiers: [], tags: [], notes: '', saved_by: ada.staff.id, ...values },
      });
    const numbers = (draft_id: number) =>
      app.context.knex('post_draft_versions').where({ draft_id }).orderBy('version').pluck('version');

    it('are drafts that were deleted a month ago, with their pictures that nothing else shows', async () => {
      const { knex } = app.context;
      const [gone, deleted, live] = [
        await insert({ deleted_at: at(31) }),
        await insert({ deleted_at: at(29) }),
        await insert({}),
      ];
      const picture = async (draft_id: number, content: string) => {
        const bytes = Buffer.from(content);
        const row = {
          campaign_id: radio,
          draft_id,
          sha256: bytes,
          content_type: 'image/png',
          bytes,
          width: 1,
          height: 1,
        };
        const [{ id }] = await knex('post_pictures')
          .insert({ ...row, created_at: at(40) })
          .returning('id');
        return id as number;
      };
      const [lost, shown, cover] = [await picture(gone, 'a'), await picture(gone, 'b'), await picture(gone, 'c')];
      const said = await picture(gone, 'd');
      const body = `Like ![this](/patreon/posts/pictures/${said}/)?`;
      await knex('post_draft_comments').insert({ draft_id: live, version: 1, body });
      await version(live, 1, { content: `![tide](/patreon/posts/pictures/${shown}/)`, cover_id: cover });
      expect(await purgeDrafts(app.context)).toMatchObject({ drafts: 1, pictures: 1 });
      expect(await knex('post_drafts').pluck('id')).toEqual(expect.arrayContaining([deleted, live]));
      expect(await knex('post_pictures').whereIn('id', [lost, shown, cover, said]).orderBy('id').pluck('id')).toEqual([
        shown,
        cover,
        said,
      ]);
    });

    it('is all of it, however much there is', async () => {
      const { knex } = app.context;
      const many = Array.from({ length: 120 }, (_, place) => place);
      for (const _ of many) await insert({ deleted_at: at(31) });
      const written = await Promise.all(many.map(() => insert({ version: 2 })));
      for (const id of written) {
        await version(id, 1, { saved_at: at(2, 1) });
        await version(id, 2, { saved_at: at(2, 2) });
      }
      expect(await purgeDrafts(app.context)).toMatchObject({ drafts: 120, versions: 120 });
      expect(await knex('post_draft_versions').whereIn('draft_id', written).pluck('version')).not.toContain(1);
      const stopped = AbortSignal.abort();
      await insert({ deleted_at: at(31) });
      expect(await purgeDrafts(app.context, stopped)).toEqual({ drafts: 0, pictures: 0, versions: 0 });
    });

    it('are texts that saved themselves and that the history does not list', async () => {
      const id = await insert({ version: 7 });
      const other = app.context.knex('staff').where({ id: ben.staff.id }).first('id');
      await version(id, 1, { kind: 'created', saved_at: at(2) });
      for (const [number, seconds] of [
        [2, 1],
        [3, 2],
        [4, 3],
      ] as const)
        await version(id, number, { saved_at: at(2, seconds) });
      await version(id, 5, { saved_at: at(2, 4), saved_by: (await other).id });
      await version(id, 6, { saved_at: at(0, 0) });
      await version(id, 7, { saved_at: at(0, 1) });
      await app.context.knex('post_draft_comments').insert({ draft_id: id, version: 3, body: 'This one' });
      await purgeDrafts(app.context);
      expect(await numbers(id)).toEqual([1, 3, 4, 5, 6, 7]);
      await purgeDrafts(app.context);
      expect(await numbers(id)).toEqual([1, 3, 4, 5, 6, 7]);
    });
  });
});
