import type { Context } from '../../context';
import { type Resource, SyncRun, type SyncRunError, SyncRunResource, type SyncRunState } from './sync-run.model';

export interface SyncReport {
  run_id: number;
  state: SyncRunState;
  campaigns: { patreon_id: string; resources: Partial<Record<Resource, ResourceReport>> }[];
  requests: number;
  duration_ms: number;
  errors: SyncRunError[];
}

export interface ResourceReport {
  fetched: number;
  created: number;
  updated: number;
  unchanged: number;
  gone: number;
  quarantined: number;
  /** Records that a decision may still store. */
  waiting: number;
}

/** What a run did, in the form that `sync:patreon --json` prints (design section 9). */
export async function syncReport(context: Context, runId: number): Promise<SyncReport> {
  const run = (await SyncRun.query().findById(runId)) as SyncRun;
  const parts = await SyncRunResource.listForRun(runId);
  const campaigns = new Map<string, SyncReport['campaigns'][number]>();
  for (const part of parts) {
    const campaign = campaigns.get(part.patreon_id) ?? { patreon_id: part.patreon_id, resources: {} };
    const { fetched, created, updated, unchanged, gone, quarantined, waiting } = part;
    campaign.resources[part.resource] = { fetched, created, updated, unchanged, gone, quarantined, waiting };
    campaigns.set(part.patreon_id, campaign);
  }
  return {
    run_id: run.id,
    state: run.state,
    campaigns: [...campaigns.values()],
    requests: run.requests,
    duration_ms: run.durationAt(context.clock.now().getTime()) ?? 0,
    errors: run.errors,
  };
}
