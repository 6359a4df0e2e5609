import { readSyncChoices } from '../../src/apps/campaigns/campaign-sync.service';
import { dryRun } from '../../src/apps/sync/dry-run';
import type { SyncReport } from '../../src/apps/sync/sync-report';
import { RESOURCES } from '../../src/apps/sync/sync-run.model';
import { type ConnectedPanel, startConnectedPanel } from './connected-panel';

/** Which campaigns a run read, each with the parts that it read of it. */
const partsOf = ({ campaigns }: SyncReport) =>
  Object.fromEntries(campaigns.map(({ patreon_id, resources }) => [patreon_id, Object.keys(resources).sort()]));

const ALL = ['campaigns', 'members', 'posts', 'tiers'];

describe('what staff decided about the syncs of a campaign', () => {
  let panel: ConnectedPanel;
  let one: { id: number; patreon_id: string };
  let two: { id: number; patreon_id: string };

  const knex = (table: string) => panel.context.knex(table);
  const decide = (choices: object) => knex('campaign_settings').insert({ campaign_id: one.id, ...choices });

  beforeAll(async () => {
    panel = await startConnectedPanel({
      campaigns: [
        { members: 20, posts: 3 },
        { members: 20, posts: 3 },
      ],
    });
    expect((await panel.sync()).state).toBe('succeeded');
    const rows: (typeof one)[] = await knex('patreon_campaigns').orderBy('id').select('id', 'patreon_id');
    [one, two] = rows as [typeof one, typeof two];
  });
  afterAll(() => panel.close());
  afterEach(async () => {
    await knex('campaign_settings').delete();
    await knex('ignored_campaigns').delete();
  });

  it('changes nothing while nobody decided anything', async () => {
    expect(partsOf(await panel.sync())).toEqual({ [one.patreon_id]: ALL, [two.patreon_id]: ALL });
  });

  it('keeps the schedule from reading it, and nobody who asks', async () => {
    await decide({ is_scheduled: false });
    expect(partsOf(await panel.sync({ trigger: 'schedule' }))).toEqual({ [two.patreon_id]: ALL });
    const asked = await panel.sync({ trigger: 'panel', campaignId: one.id });
    expect(partsOf(asked)).toEqual({ [one.patreon_id]: ALL });
  });

  it.each([
    ['members', 'syncs_members'],
    ['posts', 'syncs_posts'],
  ])('leaves its %s unread, and does not even ask for them', async (resource, choice) => {
    await decide({ [choice]: false });
    await panel.control.reset();
    const report = await panel.sync();
    expect(report.state).toBe('succeeded');
    expect(partsOf(report)[one.patreon_id]).toEqual(ALL.filter((part) => part !== resource));
    expect(partsOf(report)[two.patreon_id]).toEqual(ALL);
    const asked = (await panel.control.paths()).map((path) => path.replace(/\?.*/, ''));
    expect(asked).not.toContain(`/campaigns/${one.patreon_id}/${resource}`);
    expect(asked).toContain(`/campaigns/${two.patreon_id}/${resource}`);
  });

  it('is a success when every campaign is left alone', async () => {
    await decide({ is_scheduled: false });
    await knex('campaign_settings').insert({ campaign_id: two.id, is_scheduled: false });
    const report = await panel.sync({ trigger: 'schedule' });
    expect([report.state, report.errors, report.campaigns]).toEqual(['succeeded', [], []]);
  });

  it('is left out of what a dry run compares as well', async () => {
    await decide({ syncs_posts: false });
    await knex('ignored_campaigns').insert({ patreon_id: two.patreon_id, campaign_id: two.id, name: 'Old' });
    const order = { campaignId: undefined, resources: RESOURCES };
    const report = await dryRun(panel.context, order, new AbortController().signal);
    expect(report.campaigns.map(({ patreon_id, resources }) => [patreon_id, Object.keys(resources).sort()])).toEqual([
      [one.patreon_id, ['campaigns', 'members', 'tiers']],
    ]);
  });

  describe('when a campaign was deleted here', () => {
    beforeEach(async () => {
      await knex('patreon_campaigns').where({ id: one.id }).delete();
      await knex('ignored_campaigns').insert({ patreon_id: one.patreon_id, campaign_id: one.id, name: 'Old' });
    });

    it('no run brings it back until it is un-ignored', async () => {
      const report = await panel.sync();
      expect([report.state, report.errors]).toEqual(['succeeded', []]);
      expect(partsOf(report)).toEqual({ [two.patreon_id]: ALL });
      expect(await knex('patreon_campaigns').pluck('patreon_id')).toEqual([two.patreon_id]);
      await knex('ignored_campaigns').delete();
      await panel.sync();
      one = await knex('patreon_campaigns').where({ patreon_id: one.patreon_id }).first('id', 'patreon_id');
      expect(await knex('patreon_members').where({ campaign_id: one.id }).first('id')).toBeDefined();
    });

    it('nor does a read that was under way', async () => {
      const insert = knex('patreon_campaigns').insert({ patreon_id: one.patreon_id, read_seq: 1 });
      await expect(insert).rejects.toThrow('is ignored');
      const choices = await readSyncChoices([one.patreon_id], { isScheduled: false }, panel.context.knex);
      expect(choices.skips(one.patreon_id)).toBe(true);
    });
  });
});
