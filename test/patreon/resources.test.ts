import { createPatreonClient, type PatreonClient } from '../../src/patreon/client';
import { type ScriptedPatreon, sample, startScriptedPatreon } from '../support/scripted-patreon';

type Wire = { type: string; id: string; attributes: Record<string, unknown> };
type WireList = { data: Wire[]; included?: Wire[] };
type WireSingle = { data: Wire; included?: Wire[] };

let patreon: ScriptedPatreon;
let client: PatreonClient;

beforeAll(async () => {
  patreon = await startScriptedPatreon();
  client = createPatreonClient({
    baseUrl: patreon.url,
    userAgent: 'Patrondesk/test',
    gate: { beforeRequest: async () => {}, throttled: async () => {} },
    accessToken: async () => 'token',
  });
});
afterAll(() => patreon.close());

/** Wire attributes in the form in which resources carry them: the same values, times in UTC. */
function expected(attributes: Record<string, unknown>): Record<string, unknown> {
  const isTime = (value: unknown): value is string => typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value);
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, isTime(value) ? new Date(value).toISOString() : value]),
  );
}

const included = (document: { included?: Wire[] }, type: string) =>
  (document.included ?? []).filter((resource) => resource.type === type);

async function members(body: unknown) {
  patreon.answer({ body });
  return client.listMembers('9000001');
}

describe('the samples of the wire', () => {
  it.each(['members.list.page-1.200', 'members.list.page-2.200', 'members.list.pledge-history.200'])(
    'maps every member of %s without loss',
    async (name) => {
      const document = sample<WireList>(name);
      const page = await members(document);
      expect(page.rejected).toEqual([]);
      expect(page.items.map((member) => member.id)).toEqual(document.data.map((wire) => wire.id));
      document.data.forEach((wire, index) => {
        expect(page.items[index]).toMatchObject(expected(wire.attributes));
      });
      for (const wire of included(document, 'user')) {
        const user = page.items.find((member) => member.user_id === wire.id)?.user;
        expect(user).toMatchObject({ id: wire.id, ...expected(wire.attributes) });
      }
      for (const wire of included(document, 'address')) {
        const address = page.items.find((member) => member.address_id === wire.id)?.address;
        expect(address).toMatchObject({ id: wire.id, ...expected(wire.attributes) });
      }
      const events = page.items.flatMap((member) => member.pledge_history);
      expect(events).toEqual(
        included(document, 'pledge-event').map((wire) => ({ id: wire.id, ...expected(wire.attributes) })),
      );
    },
  );

  it('gives each member its tiers, its events in order and its Discord id', async () => {
    const { items } = await members(sample('members.list.pledge-history.200'));
    expect(items[0]?.currently_entitled_tier_ids).toEqual(['7000002']);
    expect(items[2]?.currently_entitled_tier_ids).toEqual([]);
    expect(items[1]?.pledge_history.map((event) => event.type)).toEqual([
      'pledge_start',
      'pledge_upgrade',
      'subscription',
    ]);
    expect(items.map((member) => member.user?.discord_user_id)).toEqual(['200000000000000101', null, null, null]);
    expect(items[0]?.campaign_id).toBe('9000001');
    expect(items[0]?.missing_relationships).toEqual(['address']);
  });

  it('maps a single member with its campaign and address', async () => {
    const document = sample<WireSingle>('member.get.200');
    patreon.answer({ body: document });
    const { item } = await client.getMember(document.data.id);
    expect(item).toMatchObject({
      ...expected(document.data.attributes),
      campaign_id: '9000001',
      address_id: '4000102',
    });
    expect(item?.address).toMatchObject(expected(included(document, 'address')[0]?.attributes ?? {}));
  });

  it('maps a hidden person to nulls and keeps the membership', async () => {
    const document = sample<WireSingle>('member.get.hidden-person.200');
    patreon.answer({ body: document });
    const { item, rejected } = await client.getMember(document.data.id);
    expect(rejected).toEqual([]);
    expect(item).toMatchObject({
      ...expected(document.data.attributes),
      user: null,
      user_id: null,
      address: null,
      address_id: null,
      pledge_history: [],
    });
    expect(item?.missing_relationships).toEqual(['campaign', 'pledge_history']);
  });

  it.each(['campaigns.list.200', 'campaign.get.200'])('maps %s with tiers, benefits and creator', async (name) => {
    const document = sample<{ data: Wire | Wire[]; included: Wire[] }>(name);
    patreon.answer({ body: document });
    const [wire] = [document.data].flat();
    const campaign = Array.isArray(document.data)
      ? (await client.listCampaigns()).items[0]
      : (await client.getCampaign('9000001')).item;
    expect(campaign).toMatchObject(expected(wire?.attributes ?? {}));
    expect(campaign?.tiers).toHaveLength(4);
    expect(campaign?.tiers).toMatchObject(
      included(document, 'tier').map((tier) => ({ id: tier.id, ...expected(tier.attributes) })),
    );
    expect(campaign?.tier_ids).toEqual(['7000001', '7000002', '7000003', '7000004']);
    expect(campaign?.benefits).toMatchObject(
      included(document, 'benefit').map((benefit) => ({ id: benefit.id, ...expected(benefit.attributes) })),
    );
    expect(campaign?.creator).toMatchObject(expected(included(document, 'user')[0]?.attributes ?? {}));
  });

  it('says that the sample does not tell which tier carries which benefit', async () => {
    patreon.answer({ body: sample('campaign.get.200') });
    const { item } = await client.getCampaign('9000001');
    expect(item?.missing_relationships).toEqual([]);
    expect(item?.tiers[0]).toMatchObject({ benefit_ids: [], missing_relationships: ['benefits'] });
  });

  it('maps the person of the token', async () => {
    const document = sample<WireSingle>('identity.full.200');
    patreon.answer({ body: document });
    expect((await client.getIdentity()).item).toMatchObject(expected(document.data.attributes));
  });

  it.each(['posts.list.page-1.200', 'posts.list.page-2.200'])('maps every post of %s without loss', async (name) => {
    const document = sample<WireList>(name);
    patreon.answer({ body: document });
    const page = await client.listPosts('9000001');
    expect(page.items).toMatchObject(document.data.map((wire) => ({ id: wire.id, ...expected(wire.attributes) })));
    expect(page.total).toBe(4);
  });

  it('maps a single post with its campaign and author', async () => {
    const document = sample<WireSingle>('post.get.200');
    patreon.answer({ body: document });
    expect((await client.getPost('110000002')).item).toMatchObject({
      ...expected(document.data.attributes),
      campaign_id: '9000001',
      user_id: '50000001',
    });
  });

  it('maps bare items to nulls', async () => {
    patreon.answer(
      { body: sample('member.get.bare.200') },
      { body: sample('post.get.bare.200') },
      { body: sample('identity.bare.200') },
      { body: sample('campaigns.list.bare.200') },
      { body: sample('members.list.empty.200') },
    );
    const { item } = await client.getMember('1c7f8e2d-69b2-4a1f-8c8b-7b2a4d3e0102');
    expect(item).toMatchObject({ patron_status: null, last_charge_date: null, currently_entitled_tier_ids: [] });
    expect((await client.getPost('110000002')).item).toMatchObject({ title: null, tiers: null, campaign_id: null });
    expect((await client.getIdentity()).item).toMatchObject({ full_name: null, discord_user_id: null });
    expect((await client.listCampaigns()).items[0]).toMatchObject({ name: null, tier_ids: [], creator: null });
    expect(await client.listMembers('9000001')).toMatchObject({ items: [], total: 0, nextCursor: null });
  });
});

describe('what the samples do not show', () => {
  const member = (attributes: Record<string, unknown>, id: unknown = 'm-1') => ({ type: 'member', id, attributes });
  const page = (data: unknown[], included: unknown[] = []) => members({ data, included, meta: {} });

  it('keeps words that nobody has heard of', async () => {
    const attributes = { patron_status: 'sleeping_patron', last_charge_status: 'Paid In Shells' };
    const { items, rejected } = await page([member(attributes)]);
    expect(rejected).toEqual([]);
    expect(items[0]).toMatchObject(attributes);
  });

  it('lets unknown attributes, relationships and included types pass', async () => {
    const raw = { ...member({ shoe_size: 42 }), relationships: { pets: { data: [{ id: 'p', type: 'pet' }] } } };
    const { items, rejected } = await page([raw], [{ type: 'pet', id: 'p' }, 'noise', null]);
    expect(rejected).toEqual([]);
    expect(items[0]).not.toHaveProperty('shoe_size');
  });

  it.each<[string, unknown, string]>([
    ['full_name', 7, 'attributes.full_name: expected text'],
    ['full_name', 'x'.repeat(801), 'attributes.full_name: expected text of at most 800 characters'],
    ['currently_entitled_amount_cents', '500', 'attributes.currently_entitled_amount_cents: expected an integer'],
    ['currently_entitled_amount_cents', 4.5, 'attributes.currently_entitled_amount_cents: expected an integer'],
    ['currently_entitled_amount_cents', 2 ** 53, 'attributes.currently_entitled_amount_cents: expected an integer'],
    ['pledge_cadence', 2 ** 31, 'attributes.pledge_cadence: expected an integer'],
    ['is_gifted', 'true', 'attributes.is_gifted: expected true or false'],
    ['last_charge_date', '2026-02-30T00:00:00Z', 'attributes.last_charge_date: expected an ISO 8601 time'],
    ['last_charge_date', 1767225600, 'attributes.last_charge_date: expected an ISO 8601 time'],
  ])('rejects a member whose %s is %j, and only that one', async (name, value, reason) => {
    const { items, rejected } = await page([member({}, 'm-1'), member({ [name]: value }, 'm-2'), member({}, 'm-3')]);
    expect(items.map((item) => item.id)).toEqual(['m-1', 'm-3']);
    expect(rejected).toMatchObject([{ type: 'member', id: 'm-2', reason: expect.stringContaining(reason) }]);
    expect(rejected[0]?.raw).toMatchObject({ id: 'm-2', attributes: { [name]: value } });
  });

  it.each([null, 17, '', 'x'.repeat(201), 'a\0b', undefined])('rejects a member whose id is %j', async (id) => {
    const { items, rejected } = await page([member({}, 'm-1'), { ...member({}), id }]);
    expect(items).toHaveLength(1);
    expect(rejected).toMatchObject([{ type: 'member', id: null, reason: expect.stringMatching(/^id: /) }]);
  });

  it.each([
    ['null', null],
    ['another type', { type: 'patron', id: 'x' }],
    ['attributes that are a list', { type: 'member', id: 'x', attributes: [] }],
    ['relationships that are text', { type: 'member', id: 'x', relationships: 'none' }],
    ['a numeric user id', { type: 'member', id: 'x', relationships: { user: { data: { type: 'user', id: 5 } } } }],
    ['tiers that are one', { type: 'member', id: 'x', relationships: { currently_entitled_tiers: { data: {} } } }],
  ])('rejects an item that is %s', async (_, raw) => {
    const { items, rejected } = await page([member({}), raw]);
    expect(items).toHaveLength(1);
    expect(rejected).toHaveLength(1);
  });

  it('rejects a number too large for JSON and keeps a readable trace of it', async () => {
    const body = '{"data":[{"type":"member","id":"m-1","attributes":{"will_pay_amount_cents":1e400}}]}';
    patreon.answer({ body, headers: { 'content-type': 'application/json' } });
    const { items, rejected } = await client.listMembers('9000001');
    expect(items).toEqual([]);
    expect(rejected[0]?.raw).toMatchObject({ attributes: { will_pay_amount_cents: 'Infinity' } });
  });

  it('takes money at both ends of what JavaScript holds exactly', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const { items } = await page([member({ will_pay_amount_cents: most, lifetime_support_cents: -most })]);
    expect(items[0]).toMatchObject({ will_pay_amount_cents: most, lifetime_support_cents: -most });
  });

  it('rejects a bad pledge event and a bad user without losing the member or the id of the user', async () => {
    const raw = {
      ...member({ full_name: 'Perrin' }),
      relationships: {
        user: { data: { type: 'user', id: 'u-1' } },
        pledge_history: {
          data: [
            { type: 'pledge-event', id: 'e:1' },
            { type: 'pledge-event', id: 'e:2' },
          ],
        },
      },
    };
    const { items, rejected } = await page(
      [raw],
      [
        { type: 'user', id: 'u-1', attributes: { created: 'long ago' } },
        { type: 'pledge-event', id: 'e:1', attributes: { amount_cents: '500' } },
        { type: 'pledge-event', id: 'e:2', attributes: { amount_cents: 500 } },
      ],
    );
    expect(items[0]).toMatchObject({ full_name: 'Perrin', user_id: 'u-1', user: null });
    expect(items[0]?.pledge_history.map((event) => event.id)).toEqual(['e:2']);
    expect(rejected.map(({ type, id }) => [type, id])).toEqual([
      ['user', 'u-1'],
      ['pledge-event', 'e:1'],
    ]);
  });

  it('tolerates a relationship whose resource was not sent, null links and repeated links', async () => {
    const tier = { type: 'tier', id: 't-1' };
    const raw = {
      ...member({}),
      relationships: {
        user: { data: { type: 'user', id: 'u-9' } },
        address: null,
        currently_entitled_tiers: { data: [tier, tier] },
        pledge_history: { data: null },
      },
    };
    const { items, rejected } = await page([raw]);
    expect(rejected).toEqual([]);
    expect(items[0]).toMatchObject({
      user_id: 'u-9',
      user: null,
      address_id: null,
      currently_entitled_tier_ids: ['t-1'],
      pledge_history: [],
    });
  });

  it('makes text storable and times UTC', async () => {
    const { items } = await page([
      member({ full_name: 'a\0b', note: '\ud800', last_charge_date: '2026-09-01T10:00:00.123456+02:00' }),
    ]);
    expect(items[0]).toMatchObject({
      full_name: 'a\ufffdb',
      note: '\ufffd',
      last_charge_date: '2026-09-01T08:00:00.123456Z',
    });
  });

  it('takes tier ids of a post as numbers or text, and null as unknown', async () => {
    const post = (id: string, tiers: unknown) => ({ type: 'post', id, attributes: { tiers } });
    patreon.answer({ body: { data: [post('1', [7000002, '7000003']), post('2', null), post('3', [{}])], meta: {} } });
    const { items, rejected } = await client.listPosts('9000001');
    expect(items.map((item) => item.tiers)).toEqual([['7000002', '7000003'], null]);
    expect(rejected.map((record) => record.id)).toEqual(['3']);
  });

  it('links tiers to benefits when the answer tells', async () => {
    const link = (type: string, ...ids: string[]) => ({ data: ids.map((id) => ({ type, id })) });
    const tier = { type: 'tier', id: 't-1', attributes: {}, relationships: { benefits: link('benefit', 'b-1') } };
    const relationships = { tiers: link('tier', 't-1', 't-2'), benefits: link('benefit', 'b-2') };
    patreon.answer({
      body: {
        data: { type: 'campaign', id: '1', attributes: {}, relationships },
        included: [tier, { type: 'benefit', id: 'b-1', attributes: { title: 'Folio' } }],
      },
    });
    const { item } = await client.getCampaign('1');
    expect(item).toMatchObject({ tier_ids: ['t-1', 't-2'], benefit_ids: ['b-2', 'b-1'] });
    expect(item?.tiers).toMatchObject([{ id: 't-1', benefit_ids: ['b-1'], missing_relationships: [] }]);
    expect(item?.benefits).toMatchObject([{ id: 'b-1', title: 'Folio' }]);
    expect(item?.missing_relationships).toEqual(['creator']);
  });
});
