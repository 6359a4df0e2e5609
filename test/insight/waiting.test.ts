import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign, insertPosts } from '../support/campaign-factories';
import { readPage } from '../support/page';

let app: TestApp;
let editor: SignedInVisitor;
let campaign: number;
beforeAll(async () => {
  app = await startTestApp();
  editor = await app.signInAs('editor');
  campaign = await insertCampaign(app.context.knex, { name: 'Tidewater Radio' });
});
afterAll(() => app?.close());

const dashboard = async (who: SignedInVisitor) => (await who.get('/patreon/').expect(200)).text;

/** What the card says: state, number and address. */
const waiting = async (who = editor) =>
  [...(await dashboard(who)).matchAll(/href="([^"]+)" data-waiting="(\w+)">[\s\S]*?tabs__count">([^<]+)</g)].map(
    ([, href = '', state = '', count = '']) => ({ href, state, count }),
  );

const insert = async (states: string[]): Promise<number[]> => {
  const rows = states.map((state) => ({ campaign_id: campaign, state, title: state }));
  const stored = await app.context.knex('post_drafts').insert(rows).returning('id');
  return stored.map(({ id }) => id);
};

describe('posts that wait for those who write', () => {
  it('are not spoken of while there are none', async () => {
    await insert(['idea', 'draft', 'published', 'handed_off']);
    expect(await dashboard(editor)).not.toContain('id="waiting"');
  });

  it('are told on the dashboard, each number with the list behind it', async () => {
    const { knex } = app.context;
    const [, , , , unsure] = await insert(['in_review', 'in_review', 'ready', 'drifted', 'handed_off']);
    await knex('post_drafts').insert({ campaign_id: campaign, state: 'ready', deleted_at: new Date() });
    const [post_id] = await insertPosts(knex, campaign, [{ title: 'Arrived' }]);
    const candidate = { post_id, draft_id: unsure, has_same_title: true, found_at: new Date() };
    await knex('post_draft_candidates').insert(candidate);
    const told = await waiting();
    expect(told.map(({ state, count }) => [state, count])).toEqual([
      ['in_review', '2'],
      ['ready', '1'],
      ['unsure', '1'],
      ['drifted', '1'],
    ]);
    for (const { href, count } of told) {
      const [path = '', place] = href.split('#');
      const rows = readPage((await editor.get(path).expect(200)).text).rows('drafts');
      expect([href, place, String(rows.length)]).toEqual([href, 'drafts', count]);
    }
  });

  it('are not told to those who only read', async () => {
    expect(await waiting(await app.signInAs('viewer'))).toEqual([]);
  });

  it('are counted up to a thousand', async () => {
    await insert(Array.from({ length: 1_000 }, () => 'in_review'));
    expect((await waiting())[0]).toMatchObject({ state: 'in_review', count: '1,000 or more' });
  });
});
