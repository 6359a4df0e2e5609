import { type SignedInVisitor, startTestApp, type TestApp } from '../support/app';
import { insertCampaign } from '../support/campaign-factories';
import { insertMember } from '../support/factories';
import { readPage } from '../support/page';

describe('the columns of the list of members', () => {
  let app: TestApp;
  let owner: SignedInVisitor;

  beforeAll(async () => {
    app = await startTestApp();
    const campaign = await insertCampaign(app.context.knex);
    await insertMember(app.context.knex, campaign, { pledge_cadence: 12, discord_user_id: '700000000000000001' });
  });
  beforeEach(async () => {
    owner = await app.signInAs('owner');
  });
  afterAll(() => app.close());

  const heads = async (query: string, visitor = owner) => {
    const { html } = readPage((await visitor.get(`/patreon/members/?${query}`).expect(200)).text);
    const [, head = ''] = /<table[^>]*data-list="members"[\s\S]*?<thead>([\s\S]*?)<\/thead>/.exec(html) ?? [];
    return [...head.matchAll(/<th[^>]*scope="col"[^>]*>([\s\S]*?)<\/th>/g)].map(([, inner = '']) =>
      readPage(inner).text.trim(),
    );
  };
  const USUAL = ['Name and e-mail', 'Kind', 'Tiers', 'Per month', 'Lifetime', 'Last charge', 'Next charge', 'Joined'];
  const shown = async (query: string, visitor = owner) =>
    (await heads(query, visitor)).filter((head) => head !== 'Select');

  it('are the usual ones until others are chosen', async () => {
    expect(await shown('')).toEqual(expect.arrayContaining(USUAL));
    expect(await shown('')).not.toContain('Discord id');
  });

  it('are those that the address names, in the order of the table, whoever looks at it', async () => {
    expect(await shown('columns=discord,kind')).toEqual(
      expect.arrayContaining(['Name and e-mail', 'Kind', 'Discord id']),
    );
    expect(await shown('columns=discord&columns=kind')).not.toContain('Tiers');
    expect(await shown('')).toEqual(expect.arrayContaining(USUAL));
  });

  it('stay chosen when the form asked for it, until the usual ones are asked for', async () => {
    await shown('columns=name&columns=cadence&remember=1');
    expect(await shown('')).toContain('Cadence');
    expect(await shown('')).not.toContain('Tiers');
    await shown('columns=usual&remember=1');
    expect(await shown('')).toEqual(expect.arrayContaining(USUAL));
  });

  it.each([
    ['cadence=12', 'Cadence'],
    ['discord=yes', 'Discord id'],
    ['changed_from=-30d', 'Changed'],
    ['address=no', 'Postal address'],
    ['follow_up=none', 'Follow-up'],
    ['status=active_patron', 'Patreon’s status'],
  ])('include by themselves what is filtered by: %s', async (query, head) => {
    expect(await shown('columns=name')).not.toContain(head);
    expect(await shown(`columns=name&${query}`)).toContain(head);
  });

  it('never show amounts or addresses to those who may not see them', async () => {
    const viewer = await app.signInAs('viewer');
    const named = await shown('columns=monthly,lifetime,address,kind', viewer);
    for (const head of ['Per month', 'Lifetime', 'Postal address']) expect(named).not.toContain(head);
    expect(named).toContain('Kind');
  });

  it('keep the filter and the order when they are changed', async () => {
    const { html } = readPage((await owner.get('/patreon/members/?kind=paying&sort=name').expect(200)).text);
    const [form = ''] = /<details[^>]*id="member-columns"[\s\S]*?<\/form>/.exec(html) ?? [];
    expect(form).toContain('name="kind" value="paying"');
    expect(form).toContain('name="sort" value="name"');
  });
});
