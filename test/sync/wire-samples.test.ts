import type { JsonApiDocument } from '../../src/sandbox/document';
import type { SignedInVisitor } from '../support/app';
import { readPage } from '../support/page';
import { readFixture, WIRE_NOW, wireDocuments } from '../support/wire-documents';
import { type ConnectedPanel, partOf, startConnectedPanel } from './connected-panel';

type Row = Record<string, unknown>;
type ResourceObject = Exclude<JsonApiDocument['data'], unknown[]>;

/** A membership as an older or a newer Patreon might send it: words we never saw, nulls, attributes that are not there. */
const STRANGERS = {
  data: [
    {
      type: 'member',
      id: 'aaaaaaaa-0000-4000-8000-000000000001',
      attributes: {
        full_name: 'Paused Somebody',
        email: null,
        patron_status: 'paused_patron',
        last_charge_status: 'Charged Back',
        pledge_cadence: 3,
        is_gifted: null,
        is_free_trial: null,
        currently_entitled_amount_cents: 900,
        note: null,
      },
      relationships: {
        currently_entitled_tiers: { data: [{ type: 'tier', id: '7999999' }] },
        user: { data: null },
        address: { data: null },
      },
    },
    {
      type: 'member',
      id: 'aaaaaaaa-0000-4000-8000-000000000002',
      attributes: {},
      relationships: {},
    },
  ],
  meta: { pagination: { cursors: { next: null }, total: 2 } },
} as unknown as JsonApiDocument;

/** What the sample answers say of each resource of a type, all documents put together. */
function known(type: string, documents: JsonApiDocument[]): Map<string, Row> {
  const objects = documents.flatMap(({ data, included = [] }) => [data, included].flat() as ResourceObject[]);
  const attributes = new Map<string, Row>();
  for (const object of objects.filter((one) => one.type === type))
    attributes.set(object.id, { ...attributes.get(object.id), ...object.attributes });
  return attributes;
}

/** Contract of detail pages: text plain, everything else JSON, null empty. An object has no order of keys. */
function expectShown(fields: Record<string, string>, attributes: Row): void {
  for (const [name, value] of Object.entries(attributes)) {
    const shown = fields[name];
    if (value === null) expect([name, shown]).toEqual([name, '']);
    else if (typeof value === 'string') expect([name, shown]).toEqual([name, value]);
    else expect([name, JSON.parse(shown ?? 'null')]).toEqual([name, value]);
  }
}

describe('the sample answers of Patreon', () => {
  const documents = [...wireDocuments(), STRANGERS];
  let panel: ConnectedPanel;
  let owner: SignedInVisitor;
  let rows: Record<'patreon_campaigns' | 'patreon_tiers' | 'patreon_members' | 'patreon_posts', Row[]>;

  beforeAll(async () => {
    panel = await startConnectedPanel({ documents, now: WIRE_NOW, imageOrigin: null });
    const report = await panel.sync();
    expect(report).toMatchObject({ state: 'succeeded', errors: [] });
    owner = await panel.app.signInAs('owner');
    const { knex } = panel.context;
    rows = {
      patreon_campaigns: await knex('patreon_campaigns').select('*'),
      patreon_tiers: await knex('patreon_tiers').select('*'),
      patreon_members: await knex('patreon_members').select('*'),
      patreon_posts: await knex('patreon_posts').select('*'),
    };
  }, 60_000);
  afterAll(() => panel.close());

  const rowOf = (table: keyof typeof rows, patreonId: string) =>
    rows[table].find((row) => row.patreon_id === patreonId) as Row;

  it.each([
    ['campaign', 'patreon_campaigns'],
    ['tier', 'patreon_tiers'],
    ['post', 'patreon_posts'],
    ['member', 'patreon_members'],
  ] as const)('are mirrored without loss: every %s', (type, table) => {
    const listed = [...known(type, documents)].filter(([id]) => rowOf(table, id));
    expect(listed).toHaveLength(rows[table].length);
    expect(listed.length).toBeGreaterThan(0);
    for (const [id, attributes] of listed) {
      const row = rowOf(table, id);
      expect(Object.fromEntries(Object.keys(attributes).map((name) => [name, row[name]]))).toEqual(attributes);
    }
  });

  it.each([
    ['campaign', 'patreon_campaigns', 'campaigns'],
    ['tier', 'patreon_tiers', 'tiers'],
    ['post', 'patreon_posts', 'posts'],
    ['member', 'patreon_members', 'members'],
  ] as const)('are shown without loss: every attribute of every %s on its page', async (type, table, address) => {
    for (const [id, attributes] of known(type, documents)) {
      const row = rowOf(table, id);
      if (!row) continue;
      const page = await owner.get(`/patreon/${address}/${row.id}/`).expect(200);
      // The person behind a member has attributes of the same names, in a section of their own further down.
      const [own = ''] = page.text.split('data-resource="user"');
      expectShown(readPage(own).fields(), attributes);
    }
  });

  it('name every member with the person behind it', async () => {
    const users = known('user', documents);
    const withUser = rows.patreon_members.filter((row) => row.user_patreon_id !== null);
    expect(withUser.length).toBeGreaterThan(5);
    for (const row of withUser) {
      const attributes = users.get(row.user_patreon_id as string) as Row;
      const names = Object.keys(attributes).filter((name) => name !== 'email');
      expect(Object.fromEntries(names.map((name) => [name, row[`user_${name}`]]))).toEqual(
        Object.fromEntries(names.map((name) => [name, attributes[name]])),
      );
      const page = await owner.get(`/patreon/members/${row.id}/`).expect(200);
      const theirs = readPage(page.text.split('data-resource="user"')[1] ?? '').fields();
      expectShown(theirs, Object.fromEntries(names.map((name) => [name, attributes[name]])));
    }
  });

  it('keep the tiers that each member may see, on the page too', async () => {
    const lists = ['members.list.page-1.200.json', 'members.list.page-2.200.json'].map(readFixture);
    for (const { id, relationships } of lists.flatMap(({ data }) => data)) {
      const tiers = relationships.currently_entitled_tiers.data.map((tier: { id: string }) => tier.id);
      const row = rowOf('patreon_members', id);
      expect(row.currently_entitled_tiers).toEqual(tiers);
      const page = readPage((await owner.get(`/patreon/members/${row.id}/`)).text);
      expect(JSON.parse(page.field('currently_entitled_tiers'))).toEqual(tiers);
    }
  });

  it('keep the pledge history as it was told', async () => {
    const { data, included } = readFixture('members.list.pledge-history.200.json');
    const told = included.filter((object: ResourceObject) => object.type === 'pledge-event');
    expect(told.length).toBeGreaterThan(0);
    for (const { id, attributes } of told) {
      const row = await panel.context.knex('pledge_events').where({ patreon_id: id }).first();
      expect(row).toMatchObject(attributes);
    }
    const [member] = data;
    const page = await owner.get(`/patreon/members/${rowOf('patreon_members', member.id).id}/`);
    expect(page.text).toContain('data-list="pledge-events"');
  });

  it('leave words that nobody knows as they are, and say so', async () => {
    const row = rowOf('patreon_members', 'aaaaaaaa-0000-4000-8000-000000000001');
    expect(row).toMatchObject({
      patron_status: 'paused_patron',
      last_charge_status: 'Charged Back',
      kind: 'unknown',
      monthly_cents: 0,
      is_gifted: null,
      currently_entitled_tiers: ['7999999'],
      user_patreon_id: null,
    });
    const page = readPage((await owner.get(`/patreon/members/${row.id}/`).expect(200)).text);
    expect(page.field('patron_status')).toBe('paused_patron');
    expect(page.text).toContain('paused_patron');
    expect(page.text).toContain('7999999');
  });

  it('take a member of whom nothing is told for a free one without a name', async () => {
    const row = rowOf('patreon_members', 'aaaaaaaa-0000-4000-8000-000000000002');
    expect(row).toMatchObject({ full_name: null, email: null, kind: 'free', monthly_cents: 0, gone_at: null });
    await owner.get(`/patreon/members/${row.id}/`).expect(200);
  });

  it('are unchanged when they are read again', async () => {
    const report = await panel.sync();
    for (const resource of ['campaigns', 'tiers', 'members', 'posts'] as const)
      expect(partOf(report, resource)).toMatchObject({ created: 0, updated: 0, gone: 0, quarantined: 0 });
  });
});
