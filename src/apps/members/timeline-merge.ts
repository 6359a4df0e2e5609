import { z } from 'zod';
import type { PatreonChange } from '../campaigns/change.model';
import type { MemberAction } from './member-action.model';
import type { MemberNote } from './note.model';
import type { PledgeEvent } from './pledge-event.model';

export const TIMELINE_SOURCES = ['changes', 'charges', 'notes', 'staff'] as const;
export type TimelineSource = (typeof TIMELINE_SOURCES)[number];

/** What one moment of each source holds; `changes` has all rows that one read wrote, newest first. */
export interface TimelineRows {
  changes: PatreonChange[];
  charges: PledgeEvent;
  notes: MemberNote;
  staff: MemberAction;
}

export type TimelineItem = {
  [S in TimelineSource]: {
    source: S;
    /** ISO time. */
    at: string;
    /** Names the item among those of its source. */
    position: NonNullable<TimelinePosition[S]>;
    rows: TimelineRows[S];
  };
}[TimelineSource];

/** The last item shown of each source: our row id, of a charge Patreon's. */
export interface TimelinePosition {
  changes?: number | undefined;
  charges?: string | undefined;
  notes?: number | undefined;
  staff?: number | undefined;
}

/** The next items of one source, newest first. */
export interface TimelineBatch {
  items: TimelineItem[];
  /** Whether nothing older is left. */
  isAll: boolean;
}

const id = z.int().min(0).nullable();
const encoded = z.tuple([
  id,
  z
    .string()
    .max(200)
    .refine((text) => text.isWellFormed() && !text.includes('\0'))
    .nullable(),
  id,
  id,
]);

/** Opaque text for an address. */
export function encodePosition(position: TimelinePosition): string {
  const { changes = null, charges = null, notes = null, staff = null } = position;
  return Buffer.from(JSON.stringify([changes, charges, notes, staff])).toString('base64url');
}

/** Undefined for anything that `encodePosition` did not write. */
export function decodePosition(text: string): TimelinePosition | undefined {
  const parsed = encoded.safeParse(parseJson(Buffer.from(text, 'base64url').toString('utf8')));
  if (!parsed.success) return undefined;
  const [changes, charges, notes, staff] = parsed.data.map((value) => value ?? undefined) as [
    number?,
    string?,
    number?,
    number?,
  ];
  return { changes, charges, notes, staff };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The newest items of all sources, each source in its own order. It stops early where a source has run out of the items
 * that were read, though older ones exist: whatever follows could be newer than the rest.
 */
export function mergeNewest(batches: readonly TimelineBatch[], limit: number): TimelineBatch {
  const queues = batches.map(({ items, isAll }) => ({ items: [...items], isAll }));
  const items: TimelineItem[] = [];
  while (items.length < limit && queues.every((queue) => queue.isAll || queue.items.length > 0)) {
    const newest = queues.reduce<(typeof queues)[number] | undefined>((best, queue) => {
      const [item] = queue.items;
      return item && (!best?.items[0] || Date.parse(item.at) > Date.parse(best.items[0].at)) ? queue : best;
    }, undefined);
    const item = newest?.items.shift();
    if (!item) break;
    items.push(item);
  }
  return { items, isAll: queues.every((queue) => queue.isAll && queue.items.length === 0) };
}
