import type { Context } from '../../context';
import type { Translate } from '../../i18n';
import {
  type ConnectionStatus,
  connectionProblems,
  connectionStatuses,
} from '../connections/connection-status.service';
import { PatreonCredential } from '../connections/patreon-credential.model';
import { type RequestUsage, requestUsage } from '../connections/request-budget.service';
import { countPlanProblems } from '../plans/plan-problems.service';
import { countDraftProblems, type DraftProblemCount } from '../posts/draft-problems.service';
import { SyncRun } from '../sync/sync-run.model';
import { type LiveCounts, liveCounts } from './figures.service';

export interface Problem {
  code: string;
  message: string;
  fix_url: string;
}

/** The answer of `/patreon/api/status/` and of `npm run status` (design section 9). */
export interface ApiStatus {
  connected: boolean;
  connections: Pick<ConnectionStatus, 'id' | 'name' | 'state' | 'scopes' | 'token'>[];
  requests: RequestUsage;
  counts: LiveCounts;
  last_sync: { run_id: number; state: string; finished_at: string | null } | null;
  webhooks: { id: string; paused: boolean; consecutive_failures: number }[];
  problems: Problem[];
}

const STALE_HOURS = 24;

/** Everything an operator asks first. `t` words the problems in the reader's language. */
export async function apiStatus(context: Context, t: Translate): Promise<ApiStatus> {
  const [connections, requests, counts, last, problems] = await Promise.all([
    connectionStatuses(context),
    requestUsage(context),
    liveCounts(context.knex),
    SyncRun.latestFinished(),
    currentProblems(context, t),
  ]);
  return {
    connected: connections.some((c) => c.state === 'connected'),
    connections: connections.map(({ id, name, state, scopes, token }) => ({ id, name, state, scopes, token })),
    requests,
    counts,
    last_sync: last ? { run_id: last.id, state: last.state, finished_at: last.finished_at } : null,
    webhooks: [],
    problems,
  };
}

/** What needs somebody, worst first, each with the page where it is put right. */
export async function currentProblems(context: Context, t: Translate): Promise<Problem[]> {
  const found = await Promise.all([
    connectionProblems(context),
    syncProblems(context),
    deadJobs(context),
    overdueProblems(context),
  ]);
  return found.flat().map(({ code, text = code, vars, fix_url }: Finding) => ({
    code,
    message: t(`insight:problem.${text}`, vars),
    fix_url,
  }));
}

interface Finding {
  code: string;
  /** Its words in the catalogue, where one code has several. */
  text?: string;
  vars: Record<string, unknown>;
  fix_url: string;
}

/** Of many runs that wait the latest are named. */
const HELD_NAMED = 5;

/** Every run that waits for the owner, and what is wrong with the latest one. */
async function syncProblems(context: Context): Promise<Finding[]> {
  const held = await SyncRun.listHeld(HELD_NAMED);
  const waiting = held.map(({ id }) => ({ code: 'sync_held', vars: { id }, fix_url: `/patreon/sync/${id}/` }));
  return [...waiting, ...(await freshnessProblems(context))];
}

async function freshnessProblems({ knex, clock }: Context): Promise<Finding[]> {
  const last = await SyncRun.latestFinished();
  if (!last || last.state === 'held') return [];
  if (last.state === 'failed' || last.state === 'partial') {
    return [{ code: 'sync_failed', vars: { id: last.id }, fix_url: `/patreon/sync/${last.id}/` }];
  }
  const connected = (await PatreonCredential.liveIds(knex)).length > 0;
  const good = await SyncRun.query().where({ state: 'succeeded' }).orderBy('id', 'desc').first();
  const age = good?.finished_at ? (clock.now().getTime() - Date.parse(good.finished_at)) / 3_600_000 : 0;
  return connected && age > STALE_HOURS
    ? [{ code: 'sync_stale', vars: { hours: Math.floor(age) }, fix_url: '/patreon/sync/' }]
    : [];
}

/** Jobs that have used up their attempts: the queue keeps them until somebody looks. */
async function deadJobs({ knex }: Context): Promise<Finding[]> {
  const { rows } = await knex.raw(
    'select count(*) as dead from graphile_worker.jobs where attempts >= max_attempts and locked_at is null',
  );
  const { dead } = rows[0] as { dead: number };
  return dead > 0 ? [{ code: 'job_dead', vars: { count: dead }, fix_url: '/patreon/api/status/' }] : [];
}

/** What staff planned for a day that is over, and posts of which they have to say what they became. */
async function overdueProblems(context: Context): Promise<Finding[]> {
  const [changes, drafts] = await Promise.all([
    countPlanProblems(context),
    countDraftProblems(context.knex, context.clock.now()),
  ]);
  const ofChanges = [
    { code: 'plan_conflict', vars: { count: changes.conflict }, fix_url: '/patreon/plans/?state=conflict' },
    { code: 'plan_overdue', vars: { count: changes.overdue }, fix_url: '/patreon/plans/?due=overdue' },
  ];
  return [...ofChanges.filter(({ vars }) => vars.count > 0), ...drafts.map(draftFinding)];
}

const LISTED_BY: Record<DraftProblemCount['reason'], string> = {
  toHandOff: 'drafts_sort=planned',
  notSeen: 'draft_state=handed_off',
  unsure: 'draft_state=unsure',
};

/** One draft is led to; several are on the list of drafts. */
function draftFinding({ reason, count, draftId }: DraftProblemCount): Finding {
  const here = `/patreon/posts/${draftId}/${reason === 'unsure' ? 'match/' : ''}`;
  return {
    code: reason === 'unsure' ? 'post_unmatched' : 'plan_overdue',
    text: `post_${reason}`,
    vars: { count },
    fix_url: count === 1 ? here : `/patreon/posts/?${LISTED_BY[reason]}#drafts`,
  };
}
