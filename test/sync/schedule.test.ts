import { jobCatalogue } from '../../src/catalogue';
import { type ConnectedPanel, startConnectedPanel } from './connected-panel';

let panel: ConnectedPanel;
beforeAll(async () => {
  panel = await startConnectedPanel({ campaigns: [{ members: 5, posts: 1 }] });
});
afterAll(() => panel.close());

const syncAll = async () => {
  const job = jobCatalogue.find(({ name }) => name === 'sync-all');
  if (!job) throw new Error('There is no such job');
  return job.run(panel.context, {}, { signal: new AbortController().signal, attempt: 1 });
};
const runs = () => panel.context.knex('sync_runs').orderBy('id');

describe('the scheduled sync', () => {
  it('queues a run for each connection, and keeps none from it because another is busy', async () => {
    const { knex } = panel.context;
    const [first] = await knex('patreon_credentials').select('*');
    const { id: _id, ...columns } = first;
    const [second] = await knex('patreon_credentials')
      .insert({ ...columns, source: 'panel', client_id: 'another-client' })
      .returning('id');
    expect(await syncAll()).toEqual({
      runs: [
        { run_id: 1, is_new: true },
        { run_id: 2, is_new: true },
      ],
    });
    expect((await runs()).map(({ credential_ids }) => credential_ids)).toEqual([[first.id], [second.id]]);
    await knex('sync_locks').where({ credential_id: second.id }).delete();
    expect(await syncAll()).toEqual({
      runs: [
        { run_id: 1, is_new: false },
        { run_id: 3, is_new: true },
      ],
    });
  });

  it('does nothing while nothing is connected', async () => {
    await panel.context.knex('patreon_credentials').update({ state: 'disconnected' });
    const before = await runs();
    expect(await syncAll()).toEqual({ skipped: 'no_connection' });
    expect(await runs()).toEqual(before);
  });
});
