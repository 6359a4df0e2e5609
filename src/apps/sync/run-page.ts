import type { Request } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { tellFailure, tellReason } from './failure-telling';
import { heldRunView } from './held-run-page';
import { QuarantinedRecord, SyncRun, SyncRunResource } from './sync-run.model';
import { reasonToWait } from './wait-out-holds';

const QUARANTINE_SHOWN = 50;
/** So much longer or shorter than usual is worth a word, if it is more than these milliseconds as well. */
const CLEARLY = 1.5;
const CLEARLY_MS = 2_000;
/** A rate is told when it has been measured for so long. */
const MEASURED_MS = 1_000;

type ListedPart = Awaited<ReturnType<typeof SyncRunResource.listForRun>>[number];

/** What the page of one run shows to this reader. @throws NotFoundError */
export async function readRunPage(req: Request, context: Context, runId: number) {
  const run = await SyncRun.query().findById(runId);
  if (!run) throw new NotFoundError();
  const [parts, quarantined, usual] = await Promise.all([
    SyncRunResource.listForRun(run.id),
    QuarantinedRecord.listForRun(run.id, QUARANTINE_SHOWN + 1),
    SyncRun.usualDurations([run.id]),
  ]);
  const now = context.clock.now().getTime();
  const durationMs = run.durationAt(now);
  return {
    title: req.t('sync:run.title', { id: run.id }),
    section: 'sync',
    breadcrumbs: [
      { label: req.t('sync:list.title'), href: '/patreon/sync/' },
      { label: req.t('sync:run.title', { id: run.id }) },
    ],
    timeZone: zoneOf(parts),
    run,
    parts: parts.map((part) => ({
      ...part,
      // Why a part is held stands in a place of its own.
      error: part.error && part.state !== 'held' ? tellFailure(part.error, req.t) : null,
      staged: part.waiting,
      ...paceOf(run, part, now),
    })),
    errors: run.errors
      .filter(({ message }) => !parts.some((p) => p.state === 'held' && p.error === message))
      .map((error) => ({ ...error, message: tellFailure(error.message, req.t) })),
    waitsFor: run.waiting_until === null ? null : await reasonToWait(context),
    durationMs,
    isApplyingTime: run.decision === 'applied' && durationMs !== null,
    usual: comparison(run, durationMs, usual.get(run.id)),
    continued: timesContinued(run),
    quarantined: shownQuarantine(req, quarantined),
    quarantineShown: quarantined.length > QUARANTINE_SHOWN ? QUARANTINE_SHOWN : null,
    held: await heldRunView(req, context, run, parts),
  };
}

/** The time zone in which times are told; of a run over campaigns that differ in it, UTC. */
function zoneOf(parts: readonly ListedPart[]): string | null {
  const zones = new Set(parts.map(({ time_zone }) => time_zone));
  return zones.size === 1 ? ([...zones][0] ?? null) : null;
}

export interface Comparison {
  word: 'usual' | 'slower' | 'faster';
  ms: number;
}

/** How a run stands to those before it. Of one that is under way, or was not read to its end, only what is usual. */
export function comparison(run: SyncRun, durationMs: number | null, usualMs: number | undefined): Comparison | null {
  if (usualMs === undefined || run.decision !== null) return null;
  const isClear = durationMs !== null && Math.abs(durationMs - usualMs) > CLEARLY_MS;
  if (isClear && durationMs > usualMs * CLEARLY) return { word: 'slower', ms: usualMs };
  const isFaster = isClear && run.state === 'succeeded' && durationMs < usualMs / CLEARLY;
  return { word: isFaster ? 'faster' : 'usual', ms: usualMs };
}

/** How long a part took, unless a person came between; while it is read also how fast and how long it may still take. */
function paceOf(run: SyncRun, part: ListedPart, now: number) {
  const ms = Math.max(0, (part.finished_at ? Date.parse(part.finished_at) : now) - Date.parse(part.started_at));
  const isMeasured = part.state === 'running' && part.fetched > 0 && ms >= MEASURED_MS;
  const left = (part.reported_total ?? 0) - part.fetched;
  return {
    durationMs: wasApplied(run, part) ? null : ms,
    rate: isMeasured ? Math.round((part.fetched / ms) * 1000) : null,
    remainingMs: isMeasured && left > 0 ? (left * ms) / part.fetched : null,
  };
}

/** What was held is finished by the owner's word: how long it was read before is not kept. */
function wasApplied({ decision, decided_at }: SyncRun, { finished_at }: ListedPart): boolean {
  if (decision !== 'applied' || decided_at === null || finished_at === null) return decision === 'applied';
  return Date.parse(finished_at) >= Date.parse(decided_at);
}

/** By processes that took the run over; whoever applies a held run is no such one. */
function timesContinued({ epoch, decision, state }: SyncRun): number {
  const applying = decision === 'applied' && state !== 'queued' ? 1 : 0;
  return Math.max(0, epoch - 1 - applying);
}

/** Raw records hold names and e-mails. */
function shownQuarantine(req: Request, records: QuarantinedRecord[]) {
  const mayRead = req.can('members.email');
  return records.slice(0, QUARANTINE_SHOWN).map(({ id, resource, patreon_id, reason, raw }) => ({
    id,
    resource,
    patreon_id,
    reason: tellReason(reason, req.t),
    raw: mayRead ? indented(raw) : null,
  }));
}

const TOKENS = /"(?:[^"\\]|\\.)*"?|\{\s*\}|\[\s*\]|[{}[\],:]|\s+/g;
const DEEPEST = 8;

/** JSON in lines, digit for digit and also when its end was cut off: parsing it would round large numbers. */
export function indented(json: string): string {
  let depth = 0;
  const line = () => `\n${'  '.repeat(Math.min(depth, DEEPEST))}`;
  return json.trim().replace(TOKENS, (token) => {
    if (token === ',') return `,${line()}`;
    if (token === ':') return ': ';
    if (token === '{' || token === '[') depth += 1;
    if (token === '{' || token === '[') return token + line();
    if (token === '}' || token === ']') depth = Math.max(0, depth - 1);
    if (token === '}' || token === ']') return line() + token;
    return token.trim() === '' ? '' : token;
  });
}
