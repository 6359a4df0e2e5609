import type { Request } from 'express';
import type { Context } from '../../context';
import { listAddress } from '../../http/list-address';
import { Staff } from '../accounts/staff.model';
import { PatreonMember } from '../members/member.model';
import { PatreonPost } from '../posts/post.model';
import { brakeLimit } from './brake';
import { departurePlace } from './sync.schemas';
import { type DeparturePlace, type DepartureSum, type NamedDeparture, SyncDeparture } from './sync-departure.model';
import { type SyncRun, SyncRunResource } from './sync-run.model';

const DEPARTURES_SHOWN = 20;

type ListedPart = Awaited<ReturnType<typeof SyncRunResource.listForRun>>[number];

/** One list of one campaign that was held: how many it would take away, and what else waits with them. */
export interface HeldPart {
  campaignName: string;
  resource: 'members' | 'posts';
  live: number;
  limit: number;
  sums: DepartureSum[];
  /** Records that differ and are not among those who leave. */
  others: number;
}

export interface HeldRunView {
  /** What has become of it, as its text is called; null while it waits. */
  outcome: 'applied' | 'applying' | 'notApplied' | 'discarded' | 'superseded' | null;
  decidedBy: string | null;
  /** Where a later run has read the same. */
  laterRunId: number | undefined;
  parts: HeldPart[];
  /** What those who leave are worth a month, by currency; empty for readers who may not see money. */
  worth: { cents: number; currency: string | null }[];
  departures: DeparturePage;
}

export interface DeparturePage {
  rows: NamedDeparture[];
  /** Addresses, where there is something to lead to. */
  next: string | null;
  first: string | null;
}

/** What a run that is or was held says about itself; null for every other run. */
export async function heldRunView(
  req: Request,
  context: Context,
  run: SyncRun,
  parts: readonly ListedPart[],
): Promise<HeldRunView | null> {
  if (run.state !== 'held' && run.decision === null) return null;
  const [sums, departures, decider] = await Promise.all([
    SyncDeparture.sums(run.id),
    departurePage(req, run.id),
    run.decided_by === null ? undefined : Staff.findById(run.decided_by, context.knex),
  ]);
  const concerned = parts.filter((part) => sums.some((sum) => isOf(sum, part)));
  const [first] = concerned;
  return {
    outcome: outcomeOf(run),
    decidedBy: decider?.name ?? null,
    laterRunId: run.decision === 'superseded' && first ? await SyncRunResource.laterRunId(first) : undefined,
    parts: run.state === 'held' ? await Promise.all(concerned.map((part) => heldPart(context, part, sums))) : [],
    worth: req.can('money.read') ? worthOf(sums) : [],
    departures,
  };
}

const isOf = (sum: DepartureSum, part: ListedPart) =>
  sum.campaign_id === part.campaign_id && sum.resource === part.resource;

function outcomeOf({ decision, state, isOpen }: SyncRun): HeldRunView['outcome'] {
  if (decision !== 'applied') return decision;
  if (isOpen) return 'applying';
  return state === 'failed' || state === 'cancelled' ? 'notApplied' : 'applied';
}

async function heldPart(context: Context, part: ListedPart, all: readonly DepartureSum[]): Promise<HeldPart> {
  const isPosts = part.resource === 'posts';
  const live = await countLive(context, part);
  const sums = all.filter((sum) => isOf(sum, part));
  const notPaying = sums.find(({ reason }) => reason === 'not_paying')?.count ?? 0;
  return {
    campaignName: part.campaign_name ?? part.patreon_id,
    resource: isPosts ? 'posts' : 'members',
    live,
    limit: brakeLimit(live),
    sums,
    others: Math.max(0, part.staged - notPaying),
  };
}

async function countLive({ knex }: Context, { campaign_id, resource }: ListedPart): Promise<number> {
  if (resource === 'posts') return (await PatreonPost.countByCampaign([campaign_id], knex)).get(campaign_id) ?? 0;
  const filter = { campaignId: campaign_id, gone: false, searchesEmail: false };
  return (await PatreonMember.countMatching(filter, knex, Number.MAX_SAFE_INTEGER)).count;
}

function worthOf(sums: readonly DepartureSum[]): HeldRunView['worth'] {
  const byCurrency = new Map<string | null, number>();
  for (const { currency, cents } of sums) byCurrency.set(currency, (byCurrency.get(currency) ?? 0) + cents);
  return [...byCurrency].filter(([, cents]) => cents > 0).map(([currency, cents]) => ({ cents, currency }));
}

async function departurePage(req: Request, runId: number): Promise<DeparturePage> {
  const after = departurePlace(req.query.after);
  const rows = await SyncDeparture.listForRun(runId, { limit: DEPARTURES_SHOWN + 1, after });
  const shown = rows.slice(0, DEPARTURES_SHOWN);
  const last = shown.at(-1);
  const path = `/patreon/sync/${runId}/`;
  return {
    rows: shown,
    next: last && rows.length > shown.length ? listAddress(path, {})({ after: placeText(last) }) : null,
    first: after ? path : null,
  };
}

function placeText({ campaign_id, resource, patreon_id }: SyncDeparture): string {
  const place: DeparturePlace = { campaignId: campaign_id, resource, patreonId: patreon_id };
  return [place.campaignId, place.resource, place.patreonId].join('.');
}
