import type { SyncReport } from '../../src/apps/sync/sync-report';
import type { Context } from '../../src/context';
import { type ConnectedPanel, dumpMirror, partOf, startConnectedPanel } from './connected-panel';

type Row = Record<string, unknown>;
interface Truth {
  id: string;
  attributes: Row;
}
interface MemberTruth extends Truth {
  tiers: string[];
  user: Truth | null;
  address: Truth | null;
  pledge_events: Truth[];
}

const MEMBERS = 2_500;
const POSTS = 60;

/** Known about a person only for the token's own; of a member the member's e-mail is kept. */
const NOT_KEPT_OF_USERS = ['email'];

describe('the first sync of 2,500 members and 60 posts', () => {
  let panel: ConnectedPanel;
  let report: SyncReport;

  beforeAll(async () => {
    panel = await startConnectedPanel({ campaigns: [{ members: MEMBERS, posts: POSTS }] });
    report = await panel.sync();
  }, 60_000);
  afterAll(() => panel.close());

  const stored = async (table: string): Promise<Map<string, Row>> => {
    const rows: Row[] = await panel.context.knex(table).select('*');
    return new Map(rows.map((row) => [row.patreon_id as string, row]));
  };
  const pick = (row: Row | undefined, names: string[], prefix = '') =>
    Object.fromEntries(names.map((name) => [name, row?.[prefix + name]]));

  it('succeeds and counts each resource', () => {
    expect(report).toMatchObject({ state: 'succeeded', errors: [] });
    const read = (fetched: number) => ({
      fetched,
      created: fetched,
      updated: 0,
      unchanged: 0,
      gone: 0,
      quarantined: 0,
      waiting: 0,
    });
    expect(report.campaigns).toEqual([
      {
        patreon_id: '9100001',
        resources: { campaigns: read(1), tiers: read(5), members: read(MEMBERS), posts: read(POSTS) },
      },
    ]);
  });

  it.each([
    ['campaigns', 'patreon_campaigns'],
    ['tiers', 'patreon_tiers'],
    ['benefits', 'patreon_benefits'],
    ['posts', 'patreon_posts'],
  ])('mirrors every attribute of all %s', async (name, table) => {
    const truth = await panel.control.truth<Truth>(name);
    const rows = await stored(table);
    expect(rows.size).toBe(truth.length);
    for (const { id, attributes } of truth) {
      expect(pick(rows.get(id), Object.keys(attributes))).toEqual(withFullTimes(attributes));
    }
  });

  it('keeps who made the campaign, which benefits belong to a tier, and who wrote a post', async () => {
    const [campaign] = await panel.control.truth<{ id: string; creator: Truth }>('campaigns');
    const creator = campaign?.creator as Truth;
    const campaignRow = (await stored('patreon_campaigns')).get(campaign?.id ?? '');
    expect(campaignRow?.creator_patreon_id).toBe(creator.id);
    const names = ['full_name', 'image_url', 'url', 'vanity'];
    expect(pick(campaignRow, names, 'creator_')).toEqual(pick(creator.attributes, names));
    const tierRows = await stored('patreon_tiers');
    for (const tier of await panel.control.truth<{ id: string; benefits: string[] }>('tiers'))
      expect(tierRows.get(tier.id)?.benefits).toEqual(tier.benefits);
    const postRows = await stored('patreon_posts');
    for (const post of await panel.control.truth<{ id: string; user_id: string | null }>('posts'))
      expect(postRows.get(post.id)?.user_patreon_id).toBe(post.user_id);
  });

  it('mirrors every attribute of every member and of the person behind it', async () => {
    const truth = await panel.control.truth<MemberTruth>('members');
    const rows = await stored('patreon_members');
    expect(rows.size).toBe(MEMBERS);
    for (const { id, attributes, user, tiers } of truth) {
      const row = rows.get(id);
      expect(pick(row, Object.keys(attributes))).toEqual(withFullTimes(attributes));
      expect(new Set(row?.currently_entitled_tiers as string[])).toEqual(new Set(tiers));
      expect(row?.user_patreon_id).toBe(user?.id ?? null);
      const known = Object.keys(user?.attributes ?? {}).filter((name) => !NOT_KEPT_OF_USERS.includes(name));
      expect(pick(row, known, 'user_')).toEqual(withFullTimes(pick(user?.attributes, known)));
    }
  });

  it('makes sure that these people are of every sort', async () => {
    const kinds = await panel.context.knex('patreon_members').distinct('kind').orderBy('kind').pluck('kind');
    expect(kinds).toEqual(['declined', 'former', 'free', 'gift', 'paying', 'pending', 'trial']);
    const hidden = await panel.context.knex('patreon_members').whereNull('user_patreon_id').count('* as n').first();
    expect(Number(hidden?.n)).toBeGreaterThan(0);
  });

  it('keeps every pledge event with its member', async () => {
    const truth = await panel.control.truth<MemberTruth>('members');
    const members = await stored('patreon_members');
    const events = await stored('pledge_events');
    expect(events.size).toBe(truth.reduce((sum, member) => sum + member.pledge_events.length, 0));
    for (const member of truth) {
      for (const { id, attributes } of member.pledge_events) {
        expect(pick(events.get(id), Object.keys(attributes))).toEqual(withFullTimes(attributes));
        expect(events.get(id)?.member_id).toBe(members.get(member.id)?.id);
      }
    }
  });

  it('keeps addresses encrypted, and equal to the truth once opened', async () => {
    const truth = (await panel.control.truth<MemberTruth>('members')).filter(({ address }) => address !== null);
    const rows = await stored('member_addresses');
    expect(truth.length).toBeGreaterThan(50);
    expect(rows.size).toBe(truth.length);
    for (const { address } of truth) {
      const row = rows.get(address?.id ?? '');
      const place = `member_addresses|address|${row?.member_id}`;
      const opened = JSON.parse(panel.context.secrets.open(row?.address as string, place));
      expect(inWireForm(opened)).toEqual(withFullTimes(address?.attributes ?? {}));
      expect(JSON.stringify(row)).not.toContain(address?.attributes.addressee);
    }
  });

  it('keeps figures that a count of the rows confirms', async () => {
    const { knex } = panel.context;
    const figures = await knex('patreon_member_counts')
      .where('members', '>', 0)
      .select('kind', 'patron_status', 'members', knex.raw('monthly_cents::bigint'))
      .orderBy(['kind', 'patron_status']);
    const { rows } = await knex.raw(
      `select kind, coalesce(patron_status, 'none') as patron_status, count(*) as members,
              sum(monthly_cents)::bigint as monthly_cents
         from patreon_members group by 1, 2 order by 1, 2`,
    );
    expect(figures).toEqual(rows);
  });

  it('asks for five hundred members at a time, for no page twice, and breaks no rule of Patreon', async () => {
    const asked = (await panel.control.paths()).filter((path) => path.includes('/members?'));
    const pages = asked.filter((path) => path.includes('page[count]=500'));
    expect(pages).toHaveLength(MEMBERS / 500);
    expect(new Set(pages).size).toBe(pages.length);
    expect((await panel.control.requests()).flatMap(({ violations }) => violations)).toEqual([]);
  });

  describe('and then the same again', () => {
    it('finds everything unchanged and writes no row', async () => {
      const before = await dumpMirror(panel.context);
      const written = await rowVersions(panel.context);
      const second = await panel.sync();
      expect(second.state).toBe('succeeded');
      for (const [resource, fetched] of [
        ['campaigns', 1],
        ['tiers', 5],
        ['members', MEMBERS],
        ['posts', POSTS],
      ] as const) {
        expect(partOf(second, resource)).toMatchObject({
          fetched,
          created: 0,
          updated: 0,
          unchanged: fetched,
          gone: 0,
        });
      }
      expect(await dumpMirror(panel.context)).toEqual(before);
      expect(await rowVersions(panel.context)).toEqual(written);
    }, 60_000);

    it('writes exactly what changed on Patreon', async () => {
      const [first, second] = await panel.control.truth<MemberTruth>('members');
      await panel.control.change(`/members/${first?.id}`, { attributes: { note: 'Met at the fair.' } });
      await panel.control.change(`/members/${second?.id}`, { attributes: { patron_status: 'paused_patron' } });
      const written = await rowVersions(panel.context);
      const report = await panel.sync();
      expect(partOf(report, 'members')).toMatchObject({ created: 0, updated: 2, unchanged: MEMBERS - 2 });
      const rows = await stored('patreon_members');
      expect(rows.get(first?.id ?? '')?.note).toBe('Met at the fair.');
      expect(rows.get(second?.id ?? '')).toMatchObject({ patron_status: 'paused_patron', kind: 'unknown' });
      const after = await rowVersions(panel.context);
      expect([...after].filter(([key, version]) => written.get(key) !== version)).toHaveLength(2);
    }, 60_000);

    it('mends a row that was changed here', async () => {
      const { knex } = panel.context;
      const before = await dumpMirror(panel.context);
      await knex('patreon_members').whereIn('id', [5, 6]).update({ full_name: 'Somebody Else', patron_status: null });
      expect(partOf(await panel.sync(), 'members')).toMatchObject({ updated: 2 });
      const mended = await knex('patreon_members')
        .whereIn('id', [5, 6])
        .orderBy('id')
        .select('full_name', 'patron_status');
      const known = before.patreon_members?.filter((row) => [5, 6].includes((row as { id: number }).id));
      expect(mended).toEqual(known?.map((row) => pick(row as Row, ['full_name', 'patron_status'])));
    }, 60_000);
  });
});

/** Which transaction wrote each row: it changes with every write, also one that leaves the values alone. */
async function rowVersions({ knex }: Context): Promise<Map<string, string>> {
  const tables = ['patreon_campaigns', 'patreon_tiers', 'patreon_benefits', 'patreon_members', 'pledge_events'];
  const versions = new Map<string, string>();
  for (const table of [...tables, 'member_addresses', 'patreon_posts']) {
    const { rows } = await knex.raw(`select patreon_id, xmin::text as version from "${table}"`);
    for (const { patreon_id, version } of rows) versions.set(`${table} ${patreon_id}`, version);
  }
  return versions;
}

/** The sandbox writes some times without a fraction, as Patreon does; they are kept with one. */
function withFullTimes(attributes: Row): Row {
  const full = (value: unknown) =>
    typeof value === 'string' ? value.replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\+00:00$/, '$1.000+00:00') : value;
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, full(value)]));
}

/** Times inside an address are kept as the client normalises them. */
function inWireForm(address: Row): Row {
  const created_at = typeof address.created_at === 'string' ? address.created_at.replace('Z', '+00:00') : null;
  return { ...address, created_at };
}
