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
}

/** What a run did, in the form that `sync:patreon --json` prints (design section 9). */
export async function syncReport(context: Context, runId: number): Promise<SyncReport> {
  const run = (await SyncRun.query().findById(runId)) as SyncRun;
  const parts = await SyncRunResource.listForRun(runId);
  const campaigns = new Map<string, SyncReport['campaigns'][number]>();
  for (const part of parts) {
    const campaign = campaigns.get(part.patreon_id) ?? { patreon_id: part.patreon_id, resources: {} };
    const { fetched, created, updated, unchanged, gone, quarantined } = part;
    campaign.resources[part.resource] = { fetched, created, updated, unchanged, gone, quarantined };
    campaigns.set(part.patreon_id, campaign);
  }
  const end = run.finished_at ? Date.parse(run.finished_at) : context.clock.now().getTime();
  return {
    run_id: run.id,
    state: run.state,
    campaigns: [...campaigns.values()],
    requests: run.requests,
    duration_ms: run.started_at ? Math.max(0, end - Date.parse(run.started_at)) : 0,
    errors: run.errors,
  };
}
