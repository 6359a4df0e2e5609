import { type BareResource, startBarePatreon } from './bare-patreon';

/** More than a statement with a parameter for each value of each record can take. */
const BAD_EVENTS = 12_000;
const KEPT = 200;

describe('a page with more bad records than a statement has parameters', () => {
  it('is stored without them; they are all counted, and the first of them kept to be looked at', async () => {
    const attributes = { type: 'subscription', amount_cents: 'five hundred' };
    const events: BareResource[] = Array.from({ length: BAD_EVENTS }, (_, n) => ({
      id: `subscription:${n}`,
      type: 'pledge-event',
      attributes,
    }));
    const good: BareResource = { id: 'subscription:good', type: 'pledge-event', attributes: { amount_cents: 500 } };
    const history = [...events, good].map(({ id, type }) => ({ id, type }));
    const member = { id: 'm', type: 'member', relationships: { pledge_history: { data: history } } };
    const panel = await startBarePatreon((path) => {
      if (path === '/campaigns') return { data: [{ id: '1', type: 'campaign' }], pagination: { total: 1 } };
      if (!path.endsWith('/members')) return { data: [], pagination: { total: 0 } };
      return { data: [member], included: [...events, good], pagination: { total: 1 } };
    });
    try {
      const report = await panel.sync();
      expect(report.errors).toEqual([]);
      expect(report.campaigns[0]?.resources.members).toMatchObject({ created: 1, quarantined: BAD_EVENTS });
      const { knex } = panel.app.context;
      expect(await knex('pledge_events').pluck('patreon_id')).toEqual(['subscription:good']);
      const kept = await knex('sync_quarantine').where({ run_id: report.run_id }).orderBy('id');
      expect(kept).toHaveLength(KEPT);
      expect(kept[0]).toMatchObject({ resource: 'members', patreon_id: 'subscription:0' });
      expect(kept[0].reason).toContain('amount_cents');
      expect(kept[0].raw).toContain('five hundred');
      const owner = await panel.app.signInAs('owner');
      await owner.get(`/patreon/sync/${report.run_id}/`).expect(200);
    } finally {
      await panel.close();
    }
  });
});
