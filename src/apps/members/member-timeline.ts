import type { Request } from 'express';
import type { Knex } from 'knex';
import { createFormat, type Format } from '../../http/format';
import { type ListParameters, listAddress } from '../../http/list-address';
import type { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonChange } from '../campaigns/change.model';
import type { PatreonMember } from './member.model';
import { MemberAction } from './member-action.model';
import { changedMember, type PastDay } from './member-past';
import { MemberNote } from './note.model';
import { PledgeEvent } from './pledge-event.model';
import { type TimelineEntry, timelineEntries } from './timeline-entries';
import {
  encodePosition,
  mergeNewest,
  TIMELINE_SOURCES,
  type TimelineBatch,
  type TimelineItem,
  type TimelinePosition,
  type TimelineSource,
} from './timeline-merge';

/** Enough rows for the largest of entries, which has one for each column of a member. */
const CHANGES_PER_PAGE = 120;
const ENTRIES_PER_PAGE = 25;
/** Stands for the day on which a member was first seen, where no change tells it: it comes after all changes. */
const FIRST_SEEN = 0;

export interface Timeline {
  /** Newest first; `day` is an ISO date in the campaign's time zone. */
  days: { day: string; entries: TimelineEntry[] }[];
  /** One for each source that this reader may choose, after all of them together. */
  filters: { show: TimelineSource | 'all'; href: string; isChosen: boolean }[];
  /** Addresses, where there is something to lead to. */
  older: string | null;
  newest: string | null;
  /** Set at the end of a timeline that does not reach back to when the member was first seen. */
  keptSince: string | null;
}

export interface TimelineRequest {
  member: PatreonMember;
  campaign: PatreonCampaign;
  past?: PastDay | undefined;
  /** One source alone. */
  show?: TimelineSource | undefined;
  /** What has been shown already. */
  before?: TimelinePosition | undefined;
  /** Goes with every address of the page. */
  kept?: ListParameters | undefined;
}

/** One page of what happened to a member, in the reader's words and as far as the reader may see it. */
export async function readTimeline(req: Request, request: TimelineRequest, knex: Knex): Promise<Timeline> {
  const { member, campaign, show, before = {}, kept = {} } = request;
  const seen = sourcesFor(req);
  const read = seen.filter((source) => show === undefined || source === show);
  const seesAll = req.can('members.annotate');
  const batches = await Promise.all(read.map((source) => READERS[source](request, { knex, before, seesAll })));
  const { items, isAll } = mergeNewest(batches, ENTRIES_PER_PAGE);
  const isCut = items.some((item) => item.source === 'changes' && item.rows.length === 0);
  const path = `/patreon/members/${member.id}/`;
  const address = listAddress(path, { ...kept, as_of: request.past?.day, show });
  return {
    days: byDay(await timelineEntries(req, items, campaign, knex), createFormat(req.locale, campaign.time_zone)),
    filters: (['all', ...seen] as const).map((name) => ({
      show: name,
      href: address({ show: name === 'all' ? undefined : name }),
      isChosen: name === (show ?? 'all'),
    })),
    older: isAll ? null : address({ before: encodePosition(positionAfter(before, items)) }),
    newest: request.before === undefined ? null : address(),
    keptSince: isCut ? await PatreonChange.keptSince(knex) : null,
  };
}

/** Notes are for those who write them: everybody but viewers. */
export const sourcesFor = (req: Request): TimelineSource[] =>
  TIMELINE_SOURCES.filter((source) => source !== 'notes' || req.can('members.annotate'));

interface Reading {
  knex: Knex;
  before: TimelinePosition;
  /** Whether the reader is told more of what staff did than which labels they put on. */
  seesAll: boolean;
}

type Reader = (request: TimelineRequest, reading: Reading) => Promise<TimelineBatch>;

const READERS: Record<TimelineSource, Reader> = {
  changes: readChanges,
  charges: async ({ member, past }, { knex, before }) => {
    const wanted = { limit: ENTRIES_PER_PAGE + 1, before: before.charges, until: past?.end };
    const rows = await PledgeEvent.listForTimeline(member.id, wanted, knex);
    return batchOf(
      rows.map((row) => ({
        source: 'charges',
        at: row.date ?? row.first_seen_at,
        position: row.patreon_id,
        rows: row,
      })),
    );
  },
  notes: async ({ member, past }, { knex, before }) => {
    const wanted = { limit: ENTRIES_PER_PAGE + 1, before: before.notes, until: past?.end };
    const rows = await MemberNote.listByMember(member.id, wanted, knex);
    return batchOf(rows.map((row) => ({ source: 'notes', at: row.created_at, position: row.id, rows: row })));
  },
  staff: async ({ member, past }, { knex, before, seesAll }) => {
    const wanted = { limit: ENTRIES_PER_PAGE + 1, before: before.staff, until: past?.end, labelsOnly: !seesAll };
    const rows = await MemberAction.listByMember(member.id, wanted, knex);
    return batchOf(rows.map((row) => ({ source: 'staff', at: row.at, position: row.id, rows: row })));
  },
};

const batchOf = (items: TimelineItem[]): TimelineBatch => ({
  items: items.slice(0, ENTRIES_PER_PAGE),
  isAll: items.length <= ENTRIES_PER_PAGE,
});

async function readChanges({ member, past }: TimelineRequest, { knex, before }: Reading): Promise<TimelineBatch> {
  if (before.changes === FIRST_SEEN) return { items: [], isAll: true };
  const record = changedMember(member);
  const wanted = { limit: CHANGES_PER_PAGE, before: before.changes, until: past?.end };
  const rows = await PatreonChange.listForRecord(record, wanted, knex);
  const reads = byRead(rows);
  // The last one may go on beyond the rows that were read.
  if (rows.length === CHANGES_PER_PAGE) reads.pop();
  const items = reads.flatMap((read): TimelineItem[] => {
    const last = read.at(-1);
    return last ? [{ source: 'changes', at: last.changed_at, position: last.id, rows: read }] : [];
  });
  if (rows.length === CHANGES_PER_PAGE) return { items, isAll: false };
  if (!(await PatreonChange.isWhole(record, knex)))
    items.push({ source: 'changes', at: member.first_seen_at, position: FIRST_SEEN, rows: [] });
  return { items, isAll: true };
}

/** Rows that one statement wrote are one read. */
function byRead(rows: readonly PatreonChange[]): PatreonChange[][] {
  const reads: PatreonChange[][] = [];
  for (const row of rows) {
    const read = reads.at(-1);
    if (read?.[0]?.changed_at === row.changed_at) read.push(row);
    else reads.push([row]);
  }
  return reads;
}

function positionAfter(before: TimelinePosition, items: readonly TimelineItem[]): TimelinePosition {
  const shown = items.map(({ source, position }) => [source, position] as const);
  return { ...before, ...Object.fromEntries(shown) };
}

function byDay(entries: readonly TimelineEntry[], { isoDay }: Format): Timeline['days'] {
  const days = new Map<string, TimelineEntry[]>();
  for (const entry of entries) {
    const day = isoDay(entry.at);
    days.set(day, [...(days.get(day) ?? []), entry]);
  }
  return [...days].map(([day, ofDay]) => ({ day, entries: ofDay }));
}
