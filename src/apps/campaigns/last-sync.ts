import type { Knex } from 'knex';

export interface LastSync {
  run_id: number;
  state: string;
  /** When the run ended; null while it goes on. */
  finished_at: string | null;
}

/** The latest run that read the campaign, as its page tells it. */
export async function findLastSync(campaignId: number, knex: Knex): Promise<LastSync | undefined> {
  return knex('sync_run_resources as p')
    .join('sync_runs as r', 'r.id', 'p.run_id')
    .where({ 'p.campaign_id': campaignId, 'p.resource': 'campaigns' })
    .orderBy('p.run_id', 'desc')
    .first<LastSync>('p.run_id', 'r.state', 'r.finished_at');
}
