import { setImmediate } from 'node:timers/promises';
import type { ReadRequest, ReadResult } from './api-reader';
import { DocumentReader, type RejectedRecord, type ResourceObject } from './document';
import type { DroppedName } from './dropped-names';
import { isObject } from './is-object';
import { PatreonError } from './patreon-error';
import type { Selection } from './selection';
import type { SentResources } from './sent-resources';

/** One page of a list. An id may come twice within a page and across pages. */
export interface Page<T> {
  items: T[];
  /** Ids of records that are as the caller knows them and were therefore not mapped; see `MembersPageOptions`. */
  unchangedIds: readonly string[];
  /** Records that could not be read, those of included resources too. */
  rejected: RejectedRecord[];
  /** Opaque and short-lived; null on the last page. */
  nextCursor: string | null;
  /** Number over all pages as Patreon states it, null when it does not; not exact while people join. */
  total: number | null;
  /** Page size that was answered in the end, smaller than asked after time-outs; null when none was asked. */
  requestedCount: number | null;
  /** Includes that were left out because Patreon timed out over them. */
  omitted: string[];
  /** Names that Patreon refuses and that are therefore null or empty in every item. */
  dropped: DroppedName[];
}

/** What a page tells before its records are looked at. */
export interface PageHead extends Pick<Page<unknown>, 'nextCursor' | 'requestedCount' | 'omitted'> {
  /** How many records it has, good or not. */
  size: number;
}

export interface PageOptions {
  count?: number;
  /** From the page before; unset for the first page. */
  cursor?: string | null;
  signal?: AbortSignal;
  /** Called once the answer is here, while its records are still to be mapped: the next page may be asked for. */
  onHead?: (head: PageHead) => void;
}

/** What was asked for in the end, and what Patreon refuses of it. */
export interface Asked {
  selection: Selection;
  dropped: readonly DroppedName[];
}

export type ResourceMapper<T> = (resource: ResourceObject, document: DocumentReader) => T;

/** A page as it was asked for and as it came. */
export interface SentPage extends Asked {
  bytes: Uint8Array;
}

/** Maps the records of a page and notes in `document` those that are rejected. */
export type PageMapper<T> = (
  data: SentResources,
  document: DocumentReader,
  sent: SentPage,
) => Promise<Pick<Page<T>, 'items' | 'unchangedIds'>>;

const SLICE = 50;

/** A page takes tens of milliseconds to map; a server that shares the process answers people between the slices. */
export async function inSlices(count: number, work: (place: number) => void): Promise<void> {
  for (let place = 0; place < count; place += 1) {
    if (place % SLICE === SLICE - 1) await setImmediate();
    work(place);
  }
}

export function each<T>(map: ResourceMapper<T>): PageMapper<T> {
  return async (data, document, { selection }) => {
    const items: T[] = [];
    await inSlices(data.length, (place) => {
      const item = document.read(selection.type, data.at(place), map);
      if (item !== null) items.push(item);
    });
    return { items, unchangedIds: [] };
  };
}

export async function toPage<T>(
  wanted: ReadRequest,
  { document, request, noted }: ReadResult,
  dropped: DroppedName[],
  { map, onHead }: { map: PageMapper<T>; onHead?: PageOptions['onHead'] },
): Promise<Page<T>> {
  const { data, meta, bytes } = document;
  const pagination = isObject(meta.pagination) ? meta.pagination : {};
  const { size, ...head }: PageHead = {
    size: data.length,
    nextCursor: nextCursorOf(pagination, request.path),
    requestedCount: request.count ?? null,
    omitted: Object.keys(wanted.selection.include).filter((name) => !(name in request.selection.include)),
  };
  onHead?.({ size, ...head });
  const reader = new DocumentReader(document.included);
  const mapped = await map(data, reader, { selection: request.selection, dropped, bytes });
  await noted;
  const total = Number.isSafeInteger(pagination.total) ? Number(pagination.total) : null;
  return { ...mapped, ...head, rejected: reader.rejected, total, dropped };
}

function nextCursorOf(pagination: Readonly<Record<string, unknown>>, requestPath: string): string | null {
  const next = isObject(pagination.cursors) ? pagination.cursors.next : null;
  if (next === null || next === undefined || next === '') return null;
  // Taken for the last page, an unreadable cursor would make the rest of the list look gone.
  if (typeof next !== 'string') {
    const detail = 'meta.pagination.cursors.next: expected text';
    throw new PatreonError('invalid_answer', { detail, requestPath, status: 200 });
  }
  return next;
}
