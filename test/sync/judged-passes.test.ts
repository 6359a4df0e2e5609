import { type ConnectedPanel, MEMBERS, partOf, startConnectedPanel } from './connected-panel';
import { answerHeld, until } from './moments';

const COUNT = 560;
/** More than are asked for one by one, and fewer than a tenth. */
const LEAVING = 52;

describe('a list that lacks many is read a second time and', () => {
  let panel: ConnectedPanel;
  let left: string[];
  let last: { patreon_id: string; note: string };

  beforeEach(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: COUNT, posts: 1 }] });
    await panel.sync();
    left = await members().orderBy('patreon_id').limit(LEAVING).pluck('patreon_id');
    last = await members().orderBy('patreon_id', 'desc').first();
    for (const id of left) await panel.control.change(`/members/${id}`, { removed: true });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await panel.close();
  });

  const members = () => panel.context.knex('patreon_members');
  const goneIds = () => members().whereNotNull('gone_at').orderBy('patreon_id').pluck('patreon_id');
  const noteOf = async (id: string) => (await members().where({ patreon_id: id }).first()).note;
  const edit = (id: string, attributes: object) => ({ path: `/members/${id}`, body: { attributes } });
  const change = ({ path, body }: ReturnType<typeof edit>) => panel.control.change(path, body);
  /** Between the two readings: the first has two pages. */
  const meanwhile = (edits: object[]) => panel.control.mutate({ match: MEMBERS, page: 2, edits });
  const staged = () => panel.context.knex('sync_staged_records');

  it('is stored with what else changed', async () => {
    await change(edit(last.patreon_id, { note: 'Moved to the coast.' }));
    const report = await panel.sync({ resources: ['members'] });
    expect(report).toMatchObject({ state: 'succeeded', errors: [] });
    expect(partOf(report, 'members')).toMatchObject({ created: 0, updated: 1, gone: LEAVING });
    expect(await goneIds()).toEqual(left);
    expect(await noteOf(last.patreon_id)).toBe('Moved to the coast.');
    expect(await staged()).toEqual([]);
  });

  it('takes back what the second reading no longer says', async () => {
    await change(edit(last.patreon_id, { note: 'For a moment' }));
    await meanwhile([edit(last.patreon_id, { note: last.note })]);
    const report = await panel.sync({ resources: ['members'] });
    expect(report).toMatchObject({ state: 'succeeded', errors: [] });
    expect(partOf(report, 'members')).toMatchObject({ updated: 0, gone: LEAVING });
    expect(await noteOf(last.patreon_id)).toBe(last.note);
  });

  it('is held when the second reading takes away what the first did not', async () => {
    const paying: string[] = await members()
      .where({ kind: 'paying' })
      .whereNotIn('patreon_id', left)
      .pluck('patreon_id');
    await meanwhile(paying.map((id) => edit(id, { patron_status: 'former_patron' })));
    const report = await panel.sync({ resources: ['members'] });
    expect(report.state).toBe('held');
    expect(await goneIds()).toEqual([]);
    expect(await members().where({ kind: 'paying' }).whereIn('patreon_id', paying)).toHaveLength(paying.length);
    const reasons = await panel.context
      .knex('sync_departures')
      .where({ run_id: report.run_id })
      .groupBy('reason')
      .orderBy('reason')
      .select('reason')
      .count('* as people');
    expect(reasons).toEqual([
      { reason: 'gone', people: LEAVING },
      { reason: 'not_paying', people: paying.length },
    ]);
  });

  it('keeps everybody when that cannot be done, stores the rest and says so', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    await change(edit(last.patreon_id, { note: 'Moved to the coast.' }));
    await panel.control.fault({ match: MEMBERS, kind: 'truncated', skip: 2, times: null });
    const report = await panel.sync({ resources: ['members'] });
    expect(await goneIds()).toEqual([]);
    expect(await noteOf(last.patreon_id)).toBe('Moved to the coast.');
    expect(report.state).toBe('partial');
    expect(report.errors[0]?.message).toContain(`${LEAVING} are missing from Patreon's list`);
  });
});

describe('a list of which one record can never be read', () => {
  it('is held all the same when nearly everybody would leave off paying', async () => {
    const panel = await startConnectedPanel({ campaigns: [{ members: 80, posts: 1 }] });
    try {
      const [bad] = await panel.control.truth<{ id: string }>('members');
      await panel.control.change(`/members/${bad?.id}`, { attributes: { last_charge_date: 'not a date' } });
      expect(partOf(await panel.sync(), 'members')).toMatchObject({ created: 79, quarantined: 1 });
      const paying = () => panel.context.knex('patreon_members').where({ kind: 'paying' }).pluck('patreon_id');
      const before: string[] = await paying();
      expect(before.length).toBeGreaterThan(20);
      for (const id of before) {
        await panel.control.change(`/members/${id}`, { attributes: { patron_status: 'former_patron' } });
      }
      expect((await panel.sync()).state).toBe('held');
      expect((await paying()).sort()).toEqual(before.sort());
    } finally {
      await panel.close();
    }
  });
});

describe('what a page brings', () => {
  let panel: ConnectedPanel;
  let first: string;

  beforeEach(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: 30, posts: 1 }] });
    await panel.control.settings({ most_per_page: 10 });
    first = (await panel.control.truth<{ id: string }>('members'))[0]?.id as string;
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await panel.close();
  });

  const knex = (table: string) => panel.context.knex(table);
  const changeNote = () => panel.control.change(`/members/${first}`, { attributes: { note: 'New' } });
  const newNotes = () => knex('patreon_members').where({ note: 'New' }).pluck('patreon_id');
  async function failAtPage(page: number): Promise<void> {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    await panel.control.fault({ match: MEMBERS, kind: 'truncated', page, times: null });
    expect((await panel.sync({ resources: ['members'] })).state).toBe('partial');
    await panel.control.reset();
  }
  /** Looks at the mirror when two pages have been read and the third is on its way. */
  async function syncAndLook<T>(look: () => Promise<T>) {
    await panel.control.fault({ match: MEMBERS, kind: 'held-answer', page: 3 });
    const run = panel.sync({ resources: ['members'] });
    await answerHeld(panel);
    const parts = () => knex('sync_run_resources').where({ resource: 'members' }).orderBy('run_id', 'desc');
    await until(async () => (await parts().first()).pages === 2);
    const seen = await look();
    await panel.control.release();
    return { seen, report: await run };
  }

  it('is stored at once by a first sync', async () => {
    const { seen, report } = await syncAndLook(async () => [
      (await knex('patreon_members')).length,
      (await knex('sync_staged_records')).length,
    ]);
    expect(seen).toEqual([20, 0]);
    expect(report.state).toBe('succeeded');
    expect(await knex('patreon_members')).toHaveLength(30);
  });

  it('is stored at once also when the runs before could not read a single page', async () => {
    await failAtPage(1);
    const { seen } = await syncAndLook(async () => (await knex('patreon_members')).length);
    expect(seen).toBe(20);
  });

  it('waits for the last page once a run before has begun to fill the mirror, though that failed', async () => {
    await failAtPage(3);
    expect(await knex('patreon_members')).toHaveLength(20);
    await changeNote();
    const { seen, report } = await syncAndLook(newNotes);
    expect(seen).toEqual([]);
    expect(partOf(report, 'members')).toMatchObject({ created: 10, updated: 1, unchanged: 19 });
    expect(await newNotes()).toEqual([first]);
  });

  it('waits for the last page from the second run on, also where a record could not be read', async () => {
    const [, bad] = await panel.control.truth<{ id: string }>('members');
    await panel.control.change(`/members/${bad?.id}`, { attributes: { last_charge_date: 'not a date' } });
    expect(partOf(await panel.sync(), 'members')).toMatchObject({ created: 29, quarantined: 1 });
    await changeNote();
    const { seen, report } = await syncAndLook(async () => [
      await newNotes(),
      await knex('sync_staged_records').pluck('patreon_id'),
    ]);
    expect(seen).toEqual([[], [first]]);
    expect(partOf(report, 'members')).toMatchObject({ updated: 1, quarantined: 1 });
    expect(await newNotes()).toEqual([first]);
  });

  it('is known by its digest from then on, also in a mirror that had none yet', async () => {
    await panel.sync();
    const stored = await knex('patreon_members').orderBy('id').select('*');
    await knex('patreon_members').update({ digest: null });
    expect(partOf(await panel.sync(), 'members')).toMatchObject({ fetched: 30, unchanged: 30, updated: 0 });
    const digests = await knex('patreon_members').orderBy('id').pluck('digest');
    expect(digests).toEqual(stored.map(({ digest }) => digest));
    expect(await knex('patreon_changes').where({ resource: 'member', kind: 'changed' })).toEqual([]);
  });
});
