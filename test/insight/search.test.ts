import type { SignedInVisitor } from '../support/app';
import { startTestApp, type TestApp } from '../support/app';
import { readPage } from '../support/page';

let panel: TestApp;
let owner: SignedInVisitor;
let viewer: SignedInVisitor;
let ids: Record<string, number>;
beforeAll(async () => {
  panel = await startTestApp();
  owner = await panel.signInAs('owner');
  viewer = await panel.signInAs('viewer');
  ids = await insertRecords();
});
afterAll(() => panel?.close());

async function insertRecords(): Promise<Record<string, number>> {
  const { knex } = panel.context;
  const idOf = async (table: string, row: object): Promise<number> =>
    (
      await knex(table)
        .insert({ read_seq: 1, ...row })
        .returning('id')
    )[0].id;
  const campaign = await idOf('patreon_campaigns', { patreon_id: '900', name: 'Lantern Harbour', currency: 'EUR' });
  const member = (patreon_id: string, row: object) =>
    idOf('patreon_members', { campaign_id: campaign, patreon_id, kind: 'paying', monthly_cents: 0, ...row });
  const found = {
    campaign,
    tier: await idOf('patreon_tiers', { campaign_id: campaign, patreon_id: '55', title: 'Lantern Keeper' }),
    post: await idOf('patreon_posts', { campaign_id: campaign, patreon_id: '77001', title: 'How a lantern is made' }),
    okafor: await member('a-1', { full_name: 'Ada Okafor', email: 'ada@example.org', user_patreon_id: '41' }),
    discord: await member('a-2', { full_name: 'Ben Sato', discord_user_id: '80351110224678912' }),
    gone: await member('a-3', { full_name: 'Zoe Okafor', gone_at: new Date().toISOString() }),
  };
  for (let n = 0; n < 8; n += 1) await member(`b-${n}`, { full_name: `Lanternie ${n}`, email: `l${n}@example.net` });
  return found;
}

/** Ids of what was found, by group. */
async function search(who: SignedInVisitor, q: string): Promise<Record<string, number[]>> {
  const { text } = await who.get(`/search/?q=${encodeURIComponent(q)}`).expect(200);
  const groups = [...text.matchAll(/data-found="(\w+)"([\s\S]*?)<\/section>/g)];
  return Object.fromEntries(
    groups.map(([, group = '', html = '']) => [
      group,
      [...html.matchAll(/href="\/patreon\/\w+\/(\d+)\/"/g)].map(([, id]) => Number(id)),
    ]),
  );
}

describe('the search above every page', () => {
  it('finds a campaign by the name that staff gave it, and calls it so', async () => {
    await panel.context.knex('campaign_settings').insert({ campaign_id: ids.campaign, local_name: 'Night Shift' });
    expect(await search(owner, 'night sh')).toMatchObject({ campaigns: [ids.campaign] });
    expect(readPage((await owner.get('/search/?q=harbour').expect(200)).text).text).toContain('Night Shift');
    await panel.context.knex('campaign_settings').delete();
  });

  it('finds members, campaigns, tiers and posts by a part of their name', async () => {
    const found = await search(owner, 'lantern');
    expect(found).toMatchObject({ campaigns: [ids.campaign], tiers: [ids.tier], posts: [ids.post] });
    expect(found.members).toHaveLength(5);
    const { text } = await owner.get('/search/?q=lantern');
    expect(text).toContain('href="/patreon/members/?q=lantern"');
  });

  it.each([
    ['the id of the person', '41', 'okafor'],
    ['the id of the membership', 'a-1', 'okafor'],
    ['the account on Discord', '80351110224678912', 'discord'],
  ])('finds a member by %s', async (_what, q, who) => {
    expect(await search(viewer, q)).toEqual({ members: [ids[who]] });
  });

  it.each([
    ['campaigns', '900', 'campaign'],
    ['tiers', '55', 'tier'],
    ['posts', '77001', 'post'],
  ])('finds %s by the id that Patreon gave them', async (group, q, which) => {
    expect(await search(owner, q)).toMatchObject({ [group]: [ids[which]] });
  });

  it('finds an e-mail for those who may see it and shows it to nobody else', async () => {
    expect(await search(owner, 'ada@example')).toEqual({ members: [ids.okafor] });
    expect(await search(viewer, 'ada@example')).toEqual({});
    expect((await owner.get('/search/?q=okafor')).text).toContain('ada@example.org');
    const masked = await viewer.get('/search/?q=okafor').expect(200);
    expect(masked.text).toContain('Ada Okafor');
    expect(masked.text).not.toContain('@example');
  });

  it('leaves out what Patreon no longer lists', async () => {
    expect(await search(owner, 'okafor')).toEqual({ members: [ids.okafor] });
    expect(await search(owner, 'a-3')).toEqual({});
  });

  it('takes wildcards for what they are, and short texts for the beginning of a name', async () => {
    expect(await search(owner, '%')).toEqual({});
    expect(await search(owner, '_')).toEqual({});
    expect((await search(owner, 'be')).members).toEqual([ids.discord]);
  });

  it('says what can be looked for before anything was, and what to try when nothing is found', async () => {
    expect(readPage((await owner.get('/search/').expect(200)).text).text).toContain('What are you looking for?');
    const page = readPage((await viewer.get('/search/?q=nobodyatall').expect(200)).text);
    expect(page.text).toContain('Nothing was found for “nobodyatall”');
    expect(page.values().q).toBe('nobodyatall');
  });

  it.each([['a%00b'], ['x'.repeat(101)], ['%ED%A0%80']])('refuses %s in words', async (q) => {
    const answer = await owner.get(`/search/?q=${q}`);
    expect([200, 400]).toContain(answer.status);
    if (q.length > 100 || q.includes('%00')) expect(answer.status).toBe(400);
  });

  it('is what the field in the header asks', async () => {
    const { text } = await owner.get('/patreon/').expect(200);
    expect(text).toMatch(/<form class="search" role="search" method="get" action="\/search\/">/);
  });
});
