import fc from 'fast-check';
import type { Knex } from 'knex';
import { findDifferences, type Row, renewDigests, upsertMany } from '../../src/db/upsert-many';
import { startTestApp, type TestApp } from '../support/app';
import { insertCampaign } from '../support/campaign-factories';
import { waitingForLocks } from '../sync/moments';

let panel: TestApp;
let knex: Knex;
let campaign: number;
beforeAll(async () => {
  panel = await startTestApp();
  knex = panel.context.knex;
  campaign = Number(await insertCampaign(knex));
});
afterAll(() => panel.close());
beforeEach(() => knex('patreon_tiers').delete());

const tier = (patreon_id: string, fields: Row = {}): Row => ({
  campaign_id: campaign,
  patreon_id,
  title: 'Postcard',
  ...fields,
});
const target = (readSeq: number) => ({ table: 'patreon_tiers', key: ['campaign_id', 'patreon_id'], readSeq });
const store = (readSeq: number, ...rows: Row[]) => knex.transaction((trx) => upsertMany(trx, target(readSeq), rows));
const counts = (created: number, updated: number, unchanged: number) => ({ created, updated, unchanged });
const stored = () => knex('patreon_tiers').select('*', knex.raw('xmin::text')).orderBy('patreon_id');

describe('storing a page', () => {
  it('counts what is new, changed and equal', async () => {
    expect(await store(1, tier('1'), tier('2'))).toEqual({ created: 2, updated: 0, unchanged: 0 });
    const page = [tier('1'), tier('2', { title: 'Letter' }), tier('3')];
    expect(await store(2, ...page)).toEqual({ created: 1, updated: 1, unchanged: 1 });
  });

  it('writes no row that is equal, nulls included', async () => {
    await store(1, tier('1', { description: null, discord_role_ids: ['a'] }));
    const before = await stored();
    await store(2, tier('1', { description: null, discord_role_ids: ['a'] }));
    expect(await stored()).toEqual(before);
  });

  it('keeps what a later read brought when an older one arrives after it', async () => {
    await store(9, tier('1', { title: 'Newer' }));
    expect(await store(5, tier('1', { title: 'Older' }))).toMatchObject({ created: 0, updated: 0 });
    expect(await stored()).toMatchObject([{ title: 'Newer', read_seq: 9 }]);
  });

  it('brings a gone row back to life when it is seen again, though nothing else changed', async () => {
    await store(1, tier('1'));
    await knex('patreon_tiers').update({ gone_at: knex.fn.now() });
    expect(await store(2, tier('1'))).toEqual({ created: 0, updated: 1, unchanged: 0 });
    expect(await stored()).toMatchObject([{ gone_at: null }]);
  });

  it('comes to the same when rows that are most likely new are offered first', async () => {
    const offer = (readSeq: number, ...rows: Row[]) =>
      knex.transaction((trx) => upsertMany(trx, { ...target(readSeq), mostAreNew: true }, rows));
    expect(await offer(3, tier('1'), tier('2'), tier('2', { title: 'Last' }))).toEqual(counts(2, 0, 0));
    const page = [tier('1'), tier('2', { title: 'Letter' }), tier('3'), tier('4', { title: null, description: 'x' })];
    expect(await offer(5, ...page)).toEqual(counts(2, 1, 1));
    expect(await offer(4, tier('2', { title: 'Older' }))).toEqual(counts(0, 0, 1));
    const titles = (await stored()).map(({ title, read_seq }) => [title, read_seq]);
    expect(titles).toEqual([
      ['Postcard', 3],
      ['Letter', 5],
      ['Postcard', 5],
      [null, 5],
    ]);
  });

  it('leaves alone what a row does not tell', async () => {
    await store(1, tier('1', { description: 'By post' }), tier('2', { description: 'By post' }));
    await store(2, tier('1', { title: 'Letter' }), tier('2', { title: 'Letter', description: null }));
    expect(await stored()).toMatchObject([
      { title: 'Letter', description: 'By post' },
      { title: 'Letter', description: null },
    ]);
  });

  it('takes the last of two rows with one key', async () => {
    await store(1, tier('1', { title: 'First' }), tier('1', { title: 'Last' }));
    expect(await stored()).toMatchObject([{ title: 'Last' }]);
  });

  it('stores text, lists and JSON as they are, whatever signs are in them', async () => {
    const odd = ['', 'null', 'NULL', 'a,b', '{}', '"', '\\\\', `\\n`, '\n\t', "'; --", 'é ü 😀', ' '];
    const at = (index: number) => String(10 + index);
    const rows = odd.map((text, index) => tier(at(index), { title: text, discord_role_ids: [...odd, text] }));
    await store(1, ...rows, tier('x', { title: null, discord_role_ids: null }), tier('y', { discord_role_ids: [] }));
    const found = await knex('patreon_tiers').select('patreon_id', 'title', 'discord_role_ids').orderBy('patreon_id');
    const [none, no] = found.slice(odd.length);
    expect(found.slice(0, odd.length)).toEqual(
      rows.map(({ patreon_id, title, discord_role_ids }) => ({ patreon_id, title, discord_role_ids })),
    );
    expect([none?.discord_role_ids, no?.discord_role_ids]).toEqual([null, []]);
    const member = (patreon_id: string, json: unknown): Row => {
      const fixed = { campaign_id: campaign, kind: 'free', monthly_cents: 0 };
      return { ...fixed, patreon_id, user_social_connections: json };
    };
    const jsons = [{ a: odd }, { '"\'\\\\': null }, {}, null, 'text', 7, [1, [2]]];
    const key = ['campaign_id', 'patreon_id'];
    const members = jsons.map((json, index) => member(String(index), json));
    await knex.transaction((trx) => upsertMany(trx, { table: 'patreon_members', key, readSeq: 1 }, members));
    expect(await knex('patreon_members').orderBy('patreon_id').pluck('user_social_connections')).toEqual(jsons);
  });

  it('inserts rows that cannot exist without a look, each key once', async () => {
    const target = { table: 'patreon_tiers', key: ['campaign_id', 'patreon_id'], readSeq: 1, areNew: true };
    const insert = (...rows: Row[]) => knex.transaction((trx) => upsertMany(trx, target, rows));
    const rows = [tier('1'), tier('2', { title: 'First' }), tier('2', { title: 'Last', description: 'By post' })];
    expect(await insert(...rows)).toEqual({ created: 2, updated: 0, unchanged: 0 });
    expect(await stored()).toMatchObject([{ title: 'Postcard', read_seq: 1 }, { title: 'Last' }]);
    await expect(insert(tier('1'))).rejects.toMatchObject({ code: '23505' });
  });

  it('tells beforehand what it would do, and then does nothing', async () => {
    await store(1, tier('1'), tier('2'));
    const before = await stored();
    const page = [tier('1'), tier('2', { title: 'Letter' }), tier('3')];
    const told = await knex.transaction((trx) => findDifferences(trx, target(2), page));
    expect(await stored()).toEqual(before);
    expect(told.map(({ row, isNew }) => [row.patreon_id, isNew]).sort()).toEqual([
      ['2', false],
      ['3', true],
    ]);
    expect(await store(2, ...page)).toEqual({ created: 1, updated: 1, unchanged: 1 });
  });
});

describe('a digest of what a row was made of', () => {
  const key = ['campaign_id', 'patreon_id'];
  const member = (digest: string | null, fields: Row = {}): Row => ({
    campaign_id: campaign,
    patreon_id: 'm-1',
    full_name: 'Perrin',
    kind: 'free',
    monthly_cents: 0,
    ...fields,
    digest: digest && `\\x${digest}`,
  });
  const storeMember = (readSeq: number, row: Row) =>
    knex.transaction((trx) => upsertMany(trx, { table: 'patreon_members', key, readSeq }, [row]));
  const compareMember = (row: Row) =>
    knex.transaction((trx) => findDifferences(trx, { table: 'patreon_members', key, readSeq: 99 }, [row]));
  const storedMember = () =>
    knex('patreon_members').first('full_name', 'read_seq', 'changed_at', knex.raw(`encode(digest, 'hex') as digest`));
  beforeEach(() => knex('patreon_members').delete());

  it('is kept with the row', async () => {
    await storeMember(1, member('aa'));
    expect(await storedMember()).toMatchObject({ digest: 'aa' });
    expect(await storeMember(2, member('bb', { full_name: 'Pip' }))).toMatchObject({ updated: 1 });
    expect(await storedMember()).toMatchObject({ full_name: 'Pip', digest: 'bb' });
  });

  it('is renewed where nothing else differs, which changes nothing', async () => {
    await storeMember(1, member('aa'));
    const before = await storedMember();
    expect(await compareMember(member('bb'))).toEqual([]);
    expect(await storeMember(2, member('bb'))).toEqual({ created: 0, updated: 0, unchanged: 1 });
    expect(await storedMember()).toEqual({ ...before, digest: 'bb', read_seq: 2 });
    await storeMember(3, member(null));
    expect(await storedMember()).toMatchObject({ digest: null });
  });

  it('is not taken from a read that is older than the row', async () => {
    await storeMember(5, member('aa'));
    await storeMember(4, member('bb'));
    expect(await storedMember()).toMatchObject({ digest: 'aa', read_seq: 5 });
  });

  it('can be renewed by itself, where the row is known to be equal', async () => {
    await storeMember(1, member('aa'));
    const before = await storedMember();
    const renew = (readSeq: number, digest: string) =>
      knex.transaction((trx) => renewDigests(trx, { table: 'patreon_members', key, readSeq }, [member(digest)]));
    await renew(3, 'bb');
    expect(await storedMember()).toEqual({ ...before, digest: 'bb', read_seq: 3 });
    await renew(2, 'cc');
    await renew(4, 'bb');
    expect(await storedMember()).toMatchObject({ digest: 'bb', read_seq: 3 });
  });

  it('costs nothing where it is the same', async () => {
    await storeMember(1, member('aa'));
    const before = await knex('patreon_members').first('*', knex.raw('xmin::text'));
    await storeMember(2, member('aa'));
    expect(await knex('patreon_members').first('*', knex.raw('xmin::text'))).toEqual(before);
  });
});

describe('offering rows for insertion first', () => {
  const key = ['campaign_id', 'patreon_id'];
  beforeEach(() => knex('patreon_members').delete());

  const seq = fc.integer({ min: 1, max: 9 });
  const patreonId = fc.constantFrom('1', '2', '3', '4');
  const word = fc.constantFrom('a', 'b', null);
  const digest = fc.constantFrom('aa', 'bb', null).map((hex) => hex && `\\x${hex}`);
  const fields = fc.record({ full_name: word, note: word, digest }, { requiredKeys: [] });
  const fixed = () => ({ campaign_id: campaign, kind: 'free', monthly_cents: 0 });
  const row = fc.tuple(patreonId, fields).map(([patreon_id, told]): Row => ({ ...fixed(), patreon_id, ...told }));
  const page = fc.oneof(
    fc.tuple(fc.array(row, { maxLength: 6 }), seq),
    fc.tuple(
      fc.array(
        fc.tuple(row, seq).map(([told, read_seq]) => ({ ...told, read_seq })),
        { maxLength: 6 },
      ),
      fc.constant(undefined),
    ),
  );
  const known = fc.uniqueArray(fc.tuple(row, seq, fc.boolean()), {
    maxLength: 4,
    selector: ([{ patreon_id }]) => patreon_id,
  });

  interface Case {
    known: [Row, number, boolean][];
    page: [Row[], number | undefined];
  }

  /** What is stored, counted and noted as changed afterwards; nothing of it stays. */
  async function outcome({ known, page: [rows, readSeq] }: Case, mostAreNew: boolean) {
    const trx = await knex.transaction();
    try {
      const [at] = (await trx.raw('select coalesce(max(id), 0) as id from patreon_changes')).rows;
      for (const [told, read_seq, isGone] of known) {
        const times = { changed_at: '2020-01-01', gone_at: isGone ? '2020-01-01' : null };
        await trx('patreon_members').insert({ ...told, ...times, read_seq });
      }
      const counts = await upsertMany(trx, { table: 'patreon_members', key, readSeq, mostAreNew }, rows);
      const stored = await trx('patreon_members')
        .select('patreon_id', 'full_name', 'note', 'read_seq', 'gone_at')
        .select(trx.raw(`encode(digest, 'hex') as digest, changed_at > '2020-01-01' as is_changed`))
        .orderBy('patreon_id');
      const changes = await trx('patreon_changes as c')
        .join('patreon_members as m', 'm.id', 'c.record_id')
        .where('c.id', '>', at.id)
        .select('m.patreon_id', 'c.kind', 'c.field', 'c.before', 'c.after')
        .orderByRaw('1, 2, 3');
      return { counts, stored, changes };
    } finally {
      await trx.rollback();
    }
  }

  it('comes to the same as comparing them: columns, gone rows, digests and reads of their own alike', async () => {
    await fc.assert(
      fc.asyncProperty(known, page, async (known, page) => {
        expect(await outcome({ known, page }, true)).toEqual(await outcome({ known, page }, false));
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  const name = (patreon_id: string, full_name: string): Row => ({ ...fixed(), patreon_id, full_name });
  const written = (trx: Knex.Transaction, mostAreNew: boolean, readSeq: number, full_name: string) =>
    upsertMany(trx, { table: 'patreon_members', key, readSeq, mostAreNew }, [name('1', full_name), name('2', 'same')]);
  const names = () => knex('patreon_members').orderBy('patreon_id').select('full_name', 'gone_at');

  it.each([
    ['the newer read is first', 7, 5, 'first', true],
    ['the older read is first', 5, 7, 'second', true],
    ['the one that is first is undone', 7, 5, 'second', false],
  ])('comes to the same when two write the same at once and %s', async (_which, one, other, winner, commits) => {
    for (const mostAreNew of [true, false]) {
      await knex('patreon_members').delete();
      const first = await knex.transaction();
      expect(await written(first, mostAreNew, one, 'first')).toEqual(counts(2, 0, 0));
      const second = knex.transaction((trx) => written(trx, mostAreNew, other, 'second'));
      await waitingForLocks(panel.context, 1);
      await (commits ? first.commit() : first.rollback());
      const { created } = await second;
      expect(created).toBe(commits ? 0 : 2);
      expect(await names()).toEqual([
        { full_name: winner, gone_at: null },
        { full_name: 'same', gone_at: null },
      ]);
    }
  });

  it('brings back what another marks as gone at the same moment, if it was read later', async () => {
    for (const [readSeq, isGone] of [
      [9, false],
      [3, true],
    ] as const) {
      await knex('patreon_members').delete();
      await knex('patreon_members').insert({ ...name('1', 'Perrin'), read_seq: 1 });
      const marking = await knex.transaction();
      await marking('patreon_members').update({ gone_at: marking.fn.now(), read_seq: 5 });
      const seen = knex.transaction((trx) => written(trx, true, readSeq, 'Pip'));
      await waitingForLocks(panel.context, 1);
      await marking.commit();
      await seen;
      const [row] = await names();
      expect([row?.full_name, row?.gone_at !== null]).toEqual(isGone ? ['Perrin', true] : ['Pip', false]);
    }
  });
});
