import { createHash } from 'node:crypto';
import { memberRow, pledgeEventRows } from '../../src/apps/sync/mappers/member.mapper';
import { createPatreonClient, type PatreonClient } from '../../src/patreon/client';
import { MEMBER_MAPPING } from '../../src/patreon/resources/member';
import { type ScriptedPatreon, sample, startScriptedPatreon } from '../support/scripted-patreon';

type Wire = { type: string; id: string; attributes: Record<string, unknown>; relationships?: Record<string, unknown> };
type WireList = { data: Wire[]; included: Wire[] };

let patreon: ScriptedPatreon;
let client: PatreonClient;
beforeAll(async () => {
  patreon = await startScriptedPatreon();
});
afterAll(() => patreon.close());
beforeEach(() => {
  client = createPatreonClient({
    baseUrl: patreon.url,
    userAgent: 'Patrondesk/test',
    gate: { beforeRequest: async () => {}, throttled: async () => {} },
    accessToken: async () => 'token',
    sleep: async () => {},
  });
});

const NAME = 'members.list.pledge-history.200';
const first = (document: WireList): Wire => document.data[0] as Wire;
const list = (body: unknown, options = {}) => {
  patreon.answer(typeof body === 'string' ? { body, headers: { 'content-type': 'application/json' } } : { body });
  return client.listMembers('9000001', options);
};
const changed = (change: (document: WireList) => void): WireList => {
  const document = sample<WireList>(NAME);
  change(document);
  return document;
};
const digests = async (body: unknown, options = {}) => (await list(body, options)).items.map((item) => item.digest);

/** Answers with everything it was told, and remembers it. */
function knowing(...known: (string | null | undefined)[]) {
  const asked: { id: string; digest: string }[][] = [];
  const unchanged = async (records: readonly { id: string; digest: string }[]) => {
    asked.push([...records]);
    return new Set(records.filter(({ digest }) => known.includes(digest)).map(({ id }) => id));
  };
  return { asked, unchanged };
}

describe('the digest of a member', () => {
  it('is the same for the same record, whatever the order of the included resources', async () => {
    const before = await digests(sample(NAME));
    expect(before).toEqual(before.map(() => expect.stringMatching(/^[0-9a-f]{32}$/)));
    expect(new Set(before).size).toBe(before.length);
    expect(await digests(changed(({ included }) => void included.reverse()))).toEqual(before);
    expect(await digests(changed(({ data }) => void data.reverse()))).toEqual([...before].reverse());
  });

  it.each<[string, (document: WireList) => void]>([
    ['an attribute', (d) => (first(d).attributes.note = 'Sends postcards.')],
    ['an attribute that is not sent', (d) => delete first(d).attributes.note],
    ['a tier', (d) => (first(d).relationships = { ...first(d).relationships, currently_entitled_tiers: { data: [] } })],
    ['a relationship that is not sent', (d) => delete first(d).relationships?.currently_entitled_tiers],
    ['its person', (d) => (includedOf(d, 'user').attributes.vanity = 'new-name')],
    ['a pledge event', (d) => (includedOf(d, 'pledge-event').attributes.payment_status = 'Refunded')],
    ['a person who is not sent', (d) => (d.included = d.included.filter((i) => i !== includedOf(d, 'user')))],
  ])('tells %s, and of that member alone', async (_what, change) => {
    const before = await digests(sample(NAME));
    const after = await digests(changed(change));
    expect(after[0]).not.toBe(before[0]);
    expect(after.slice(1)).toEqual(before.slice(1));
  });

  it('is another when the history was not asked for or a name is refused', async () => {
    const bare = { data: [{ type: 'member', id: 'm-1', attributes: {} }], meta: {} };
    const usual = await digests(bare);
    expect(await digests(bare, { pledgeHistory: false })).not.toEqual(usual);
    const detail = "Invalid parameter for 'fields[member]' on type 'member': note.";
    patreon.answer({
      status: 400,
      body: { errors: [{ status: '400', detail, source: { parameter: 'fields[member]' } }] },
    });
    expect(await digests(bare)).not.toEqual(usual);
  });

  it('is unknown of a member that was read by itself', async () => {
    const document = sample<WireList>(NAME);
    const campaign = { data: { type: 'campaign', id: '9000001' } };
    const data = { ...first(document), relationships: { ...first(document).relationships, campaign } };
    patreon.answer({ body: { ...document, data } });
    const { item } = await client.getMember(data.id);
    expect(item).toMatchObject({ digest: null, campaign_id: '9000001' });
  });

  // When this fails, members are mapped differently from before: raise MEMBER_MAPPING with the new sum, or mirrors would
  // keep what the mapping of before made of members that never change.
  it('names the version of the mapping, which changes with what members become', async () => {
    const { items } = await list(sample(NAME));
    const members = items.map((item) => ({ ...item, digest: null }));
    const ids = new Map(items.map(({ id }, index) => [id, index]));
    const made = [members, members.map((item) => memberRow(item, 1, [])), pledgeEventRows(members, 1, ids)];
    const sum = createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 8);
    expect({ version: MEMBER_MAPPING, sum }).toEqual({ version: '2', sum: 'b8d222d0' });
  });

  it('is null when something about the member could not be read', async () => {
    const [mine, ...others] = await digests(changed((d) => (includedOf(d, 'user').attributes.created = 'long ago')));
    expect(mine).toBeNull();
    expect(others).not.toContain(null);
  });

  it.each([
    ['no type', { id: 'u' }],
    ['another type', { type: 'person', id: 'u' }],
  ])(
    'is null when its person is linked with %s, for then nothing tells another answer about the person',
    async (_what, link) => {
      const user = { type: 'user', id: 'u', attributes: { full_name: 'Ada Tide' } };
      const data = [{ type: 'member', id: 'm-1', attributes: {}, relationships: { user: { data: link } } }];
      const { items } = await list({ data, included: [user], meta: {} });
      expect(items).toMatchObject([{ user: { full_name: 'Ada Tide' }, digest: null }]);
    },
  );

  it('does not take a number that JavaScript cannot hold for none', async () => {
    const body = (number: string) =>
      `{"data":[{"type":"member","id":"m-1","attributes":{},"relationships":{"user":{"data":{"type":"user","id":"u"}}}}],
        "included":[{"type":"user","id":"u","attributes":{"social_connections":{"x":${number}}}}],"meta":{}}`;
    const [none, tooLarge] = [...(await digests(body('null'))), ...(await digests(body('1e400')))];
    expect(none).toEqual(expect.any(String));
    expect(tooLarge).not.toBe(none);
  });

  const member = (note: string) =>
    JSON.stringify({ type: 'member', id: 'm-1', attributes: { note, full_name: 'A "quoted" \\ {name} [with] ends' } });

  it('is that of the same bytes when the record stands in another place', async () => {
    const usual = `{"data":[${member('Hello')}],"meta":{}}`;
    const elsewhere = (sent: string) => `{"meta":{"data":[[]]},"included":[],"links":[],"data":[ ${sent} ]}`;
    const [digest] = await digests(usual);
    expect(digest).toEqual(expect.any(String));
    expect(await digests(elsewhere(member('Hello')))).toEqual([digest]);
    expect(await digests(elsewhere(member('Goodbye')))).not.toEqual([digest]);
  });

  it.each<[string, (earlier: string, sent: string) => string]>([
    ['has things beside it that are no resources', (_, sent) => `{"data":[null,"}",["a"],${sent},7],"meta":{}}`],
    ['stands in the later of two lists', (earlier, sent) => `{"data":[${earlier}],"data":[${sent}],"meta":{}}`],
    [
      'may hide behind a name that is written with escapes',
      (earlier, sent) => `{"data":[${earlier}],"d\\u0061ta":[${sent}],"meta":{}}`,
    ],
  ])('is null, and the record read as a parser reads it, when it %s', async (_what, page) => {
    const { items } = await list(page(member('Hello'), member('Goodbye')));
    expect(items).toEqual([expect.objectContaining({ note: 'Goodbye', digest: null })]);
  });

  it('is null when the record is no JSON, which rejects it and leaves its neighbours', async () => {
    const { items, rejected } = await list(
      `{"data":[{"type":"member","id":"m-2","attributes":{"note":nil}},${member('Hello')}],"meta":{}}`,
    );
    expect(items).toEqual([expect.objectContaining({ id: 'm-1', digest: expect.any(String) })]);
    expect(rejected).toEqual([expect.objectContaining({ type: 'member', id: null })]);
  });

  it('is null when a person who is sent with it is no JSON, and the member is not taken for one without a person', async () => {
    const relationships = { user: { data: { type: 'user', id: 'u-1' } } };
    const sent = JSON.stringify({ type: 'member', id: 'm-1', attributes: {}, relationships });
    const { items, rejected } = await list(
      `{"data":[${sent}],"included":[{"type":"user","id":"u-1","attributes":{"vanity":nil}}],"meta":{}}`,
    );
    expect(items.map(({ digest }) => digest)).toEqual([null]);
    expect(rejected).toEqual([expect.objectContaining({ type: 'user' })]);
  });
});

describe('members that are known as they were sent', () => {
  it('are asked about once a page, told apart, and not mapped', async () => {
    const { items } = await list(sample(NAME));
    const { asked, unchanged } = knowing(items[0]?.digest, items[2]?.digest);
    const page = await list(sample(NAME), { unchanged });
    expect(asked).toEqual([items.map(({ id, digest }) => ({ id, digest }))]);
    expect(page.unchangedIds).toEqual([items[0]?.id, items[2]?.id]);
    expect(page.items).toEqual([items[1], items[3]]);
  });

  it('are never those without a usable id or type', async () => {
    const { asked, unchanged } = knowing();
    const data = [{ type: 'patron', id: 'm-1' }, {}, { type: 'member', id: 5 }, { type: 'member', id: 'm-2' }];
    const page = await list({ data, meta: {} }, { unchanged });
    expect(asked).toEqual([[{ id: 'm-2', digest: expect.any(String) }]]);
    expect(page.rejected).toHaveLength(3);
  });

  it('may come twice on a page only when both are the same', async () => {
    const [digest] = await digests(sample(NAME));
    const twice = changed(({ data }) => void data.push({ ...(data[0] as Wire) }));
    const id = first(twice).id;
    const same = await list(twice, knowing(digest));
    expect(same.unchangedIds).toEqual([id]);
    expect(same.items.map((item) => item.id)).not.toContain(id);
    (twice.data.at(-1) as Wire).attributes = { note: 'Another' };
    const different = await list(twice, knowing(digest));
    expect(different.unchangedIds).toEqual([]);
    expect(different.items.filter((item) => item.id === id)).toHaveLength(2);
  });

  it('are nobody for a caller who does not ask', async () => {
    expect(await list(sample(NAME))).toMatchObject({ unchangedIds: [] });
  });
});

/** The first of that type, which belongs to the first member. */
function includedOf({ included }: WireList, type: string): Wire {
  return included.find((resource) => resource.type === type) as Wire;
}
