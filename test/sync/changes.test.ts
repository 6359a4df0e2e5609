import type { Knex } from 'knex';
import { insertCampaign, insertPosts, insertTiers } from '../support/campaign-factories';
import { insertMember, insertMembers } from '../support/factories';
import { type ConnectedPanel, startConnectedPanel } from './connected-panel';

interface ChangeRow {
  resource: string;
  record_id: number;
  kind: string;
  field: string | null;
  before: unknown;
  after: unknown;
  read_seq: number;
  run_id: number | null;
  staff_id: number | null;
  event_id: number | null;
  changed_at: string;
}

describe('changes', () => {
  let panel: ConnectedPanel;
  let knex: Knex;

  beforeAll(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: 30, posts: 5 }] });
    knex = panel.context.knex;
    await panel.sync();
  });
  afterAll(() => panel.close());

  const newest = async (): Promise<number> => (await knex('patreon_changes').max('id as id').first())?.id ?? 0;
  const since = (id: number): Promise<ChangeRow[]> =>
    knex('patreon_changes').where('id', '>', id).orderBy(['record_id', 'field', 'id']);
  const told = (rows: ChangeRow[]) => rows.map(({ kind, field, before, after }) => [kind, field, before, after]);
  const aMember = () => knex('patreon_members').whereNull('gone_at').where('kind', 'paying').orderBy('id').first();

  /** What a run of this project does: changes the sandbox, syncs, and reads what the database kept of it. */
  async function afterSync(change: () => Promise<unknown>): Promise<ChangeRow[]> {
    const last = await newest();
    await change();
    await panel.sync();
    return since(last);
  }

  it('name every row that a first sync makes, once, with nothing of what it says', async () => {
    for (const [table, resource, count] of [
      ['patreon_campaigns', 'campaign', 1],
      ['patreon_members', 'member', 30],
      ['patreon_posts', 'post', 5],
    ] as const) {
      const ids = await knex(table).orderBy('id').pluck('id');
      const created: ChangeRow[] = await knex('patreon_changes')
        .where({ resource, kind: 'created' })
        .orderBy('record_id');
      expect(created.map((row) => row.record_id)).toEqual(ids);
      expect(created).toHaveLength(count);
      expect(created.every((row) => row.field === null && row.before === null && row.after === null)).toBe(true);
      expect(created.every((row) => row.read_seq > 0)).toBe(true);
    }
    expect(await knex('patreon_changes').where({ resource: 'tier', kind: 'created' })).toHaveLength(
      await knex('patreon_tiers').then((tiers) => tiers.length),
    );
  });

  it('are none when a sync meets what it knows', async () => {
    expect(await afterSync(async () => undefined)).toEqual([]);
  });

  it('keep each changed field of a member with its value before and after', async () => {
    const member = await aMember();
    const [before, after] = [member.currently_entitled_amount_cents, member.currently_entitled_amount_cents + 500];
    const rows = await afterSync(() =>
      panel.control.change(`/members/${member.patreon_id}`, {
        attributes: { currently_entitled_amount_cents: after, note: 'Called' },
      }),
    );
    const fields = new Map(rows.map((row) => [row.field, [row.before, row.after]]));
    expect(fields.get('currently_entitled_amount_cents')).toEqual([before, after]);
    expect(fields.get('note')).toEqual([member.note, 'Called']);
    expect([...fields.keys()].sort()).toEqual(['currently_entitled_amount_cents', 'monthly_cents', 'note']);
    expect(new Set(rows.map((row) => `${row.resource}/${row.record_id}`))).toEqual(new Set([`member/${member.id}`]));
    expect(new Set(rows.map((row) => row.changed_at)).size).toBe(1);
    const now = await knex('patreon_members').where({ id: member.id }).first();
    expect(rows[0]?.read_seq).toBe(now.read_seq);
  });

  it('keep what changes in tiers, posts and campaigns as well', async () => {
    const [tier, post, campaign] = await Promise.all(
      ['patreon_tiers', 'patreon_posts', 'patreon_campaigns'].map((table) => knex(table).orderBy('id').first()),
    );
    const rows = await afterSync(async () => {
      await panel.control.change(`/tiers/${tier.patreon_id}`, { attributes: { title: 'Renamed' } });
      await panel.control.change(`/posts/${post.patreon_id}`, { attributes: { title: 'New words' } });
      await panel.control.change(`/campaigns/${campaign.patreon_id}`, { attributes: { one_liner: 'Anew' } });
    });
    const named = rows.map(({ resource, record_id, field, after }) => [resource, record_id, field, after]);
    expect(named).toEqual(
      expect.arrayContaining([
        ['tier', tier.id, 'title', 'Renamed'],
        ['post', post.id, 'title', 'New words'],
        ['campaign', campaign.id, 'one_liner', 'Anew'],
      ]),
    );
    expect(named).toHaveLength(3);
  });

  it('say when a member is gone, and when it is back, with the fields that differ then', async () => {
    const member = await knex('patreon_members').orderBy('id', 'desc').first();
    const path = `/members/${member.patreon_id}`;
    const gone = await afterSync(() => panel.control.change(path, { removed: true }));
    const { gone_at } = await knex('patreon_members').where({ id: member.id }).first();
    expect(told(gone)).toEqual([['gone', null, null, expect.any(String)]]);
    expect(Date.parse(gone[0]?.after as string)).toBe(Date.parse(gone_at));
    const back = await afterSync(() =>
      panel.control.change('/members', { id: member.patreon_id, attributes: { full_name: 'Back Again' } }),
    );
    expect(told(back)).toEqual(
      expect.arrayContaining([
        ['changed', 'full_name', member.full_name, 'Back Again'],
        ['returned', null, gone[0]?.after, null],
      ]),
    );
  });

  it('are made row by row in one statement over many rows, and leave out those that did not change', async () => {
    const campaign = await insertCampaign(knex);
    const ids = await insertMembers(knex, campaign, [{}, {}, {}, {}]);
    const last = await newest();
    await knex.raw(
      `update patreon_members set full_name = case when id = any(?) then 'N' || id else full_name end, read_seq = 9,
              changed_at = now() where campaign_id = ?`,
      [ids.slice(0, 3), campaign],
    );
    const rows = await since(last);
    expect(rows.map(({ record_id, field, before, after }) => [record_id, field, before, after])).toEqual(
      ids.slice(0, 3).map((id) => [id, 'full_name', 'Sunniva Harrow', `N${id}`]),
    );
    expect(rows.every(({ read_seq }) => read_seq === 9)).toBe(true);
  });

  it('take run, person and event from the transaction, and from no other', async () => {
    const id = await insertMember(knex, await insertCampaign(knex));
    const last = await newest();
    await knex.transaction(async (trx) => {
      await trx.raw(`select set_config('patrondesk.run_id', '12', true), set_config('patrondesk.staff_id', '3', true),
                            set_config('patrondesk.event_id', '77', true)`);
      await trx('patreon_members').where({ id }).update({ note: 'one' });
      await trx.raw(`select set_config('patrondesk.staff_id', '', true)`);
      await trx('patreon_members').where({ id }).update({ note: 'two' });
    });
    await knex('patreon_members').where({ id }).update({ note: 'three' });
    expect((await since(last)).map(({ run_id, staff_id, event_id }) => [run_id, staff_id, event_id])).toEqual([
      [12, 3, 77],
      [12, null, 77],
      [null, null, null],
    ]);
  });

  it('are written by the statement itself: what is rolled back leaves none', async () => {
    const id = await insertMember(knex, await insertCampaign(knex));
    const last = await newest();
    const failing = knex.transaction(async (trx) => {
      await trx('patreon_members').where({ id }).update({ note: 'never' });
      throw new Error('rolled back');
    });
    await expect(failing).rejects.toThrow('rolled back');
    expect(await since(last)).toEqual([]);
  });

  it('pass over a picture whose address differs behind the question mark alone', async () => {
    const picture = 'https://c10.patreonusercontent.com/4/p/user/1/a/1.png';
    const id = await insertMember(knex, await insertCampaign(knex), { user_image_url: `${picture}?token-time=1` });
    const last = await newest();
    const set = (user_image_url: string | null) => knex('patreon_members').where({ id }).update({ user_image_url });
    await set(`${picture}?token-time=2`);
    expect(await since(last)).toEqual([]);
    await set(`${picture.replace('/a/', '/b/')}?token-time=2`);
    await set(null);
    await set(`${picture}?token-time=3`);
    expect((await since(last)).map(({ field }) => field)).toEqual(Array(3).fill('user_image_url'));
  });

  it('keep times in UTC whatever the time zone of whoever writes', async () => {
    const id = await insertMember(knex, await insertCampaign(knex), { last_charge_date: '2026-03-11T12:00:41.5Z' });
    const last = await newest();
    await knex.transaction(async (trx) => {
      await trx.raw(`set local timezone = 'Asia/Tokyo'`);
      await trx('patreon_members').where({ id }).update({ last_charge_date: '2026-04-11T12:00:41Z' });
    });
    expect(told(await since(last))).toEqual([
      ['changed', 'last_charge_date', '2026-03-11T12:00:41.5+00:00', '2026-04-11T12:00:41+00:00'],
    ]);
  });

  it('cannot be altered, deleted or emptied', async () => {
    for (const sql of [
      'update patreon_changes set after = null',
      'delete from patreon_changes',
      'truncate patreon_changes',
    ])
      await expect(knex.raw(sql)).rejects.toThrow('append-only');
  });

  it('go with the row that they are about, and with no other', async () => {
    const campaign = await insertCampaign(knex);
    const [erased, kept] = await insertMembers(knex, campaign, [{}, {}]);
    await insertTiers(knex, campaign, [{}]);
    await insertPosts(knex, campaign, [{}]);
    await knex('patreon_members').update({ note: 'x' }).where({ campaign_id: campaign });
    await knex('patreon_members').where({ id: erased }).delete();
    const left = await knex('patreon_changes').where({ campaign_id: campaign, resource: 'member' }).pluck('record_id');
    expect(left).toEqual([kept, kept]);
    await knex('patreon_campaigns').where({ id: campaign }).delete();
    expect(await knex('patreon_changes').where({ campaign_id: campaign })).toEqual([]);
    expect((await knex('patreon_changes')).length).toBeGreaterThan(0);
  });

  it('never hold a postal address', async () => {
    const address = await knex('member_addresses').first();
    const rows = await afterSync(() =>
      panel.control.change(`/addresses/${address.patreon_id}`, { attributes: { city: 'Elsewhere' } }),
    );
    const after = await knex('member_addresses').where({ member_id: address.member_id }).first();
    expect(after.address_digest).not.toBe(address.address_digest);
    expect(rows).toEqual([]);
  });
});
