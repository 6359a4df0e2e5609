import type { Cursors, Position } from './cursors';
import type { Page } from './document';
import type { Fault } from './faults';
import type { ReadQuery } from './query';
import type { Resource } from './resource';
import type { SandboxResponse, SandboxState } from './state';

/** Something that is answered in pages. */
export interface List {
  /** Tells lists apart, so that a cursor of one cannot be used on another. */
  name: string;
  total: number;
  /** The largest page that Patreon gives. */
  most: number;
  page(offset: number, count: number): Resource[];
}

/** One page of a list, as the query asks for it and as a fault spoils it. */
export function listPage(state: SandboxState, response: SandboxResponse, list: List, query: ReadQuery): Page {
  const { fault } = response.locals;
  const position: Position =
    query.cursor === null ? { list: list.name, offset: 0, page: 1 } : state.cursors.read(query.cursor, list.name);
  if (fault?.kind === 'vanished-list') return { resources: [], next: null, total: fault.keeps_total ? list.total : 0 };
  const most = Math.min(list.most, state.settings.mostPerPage ?? list.most);
  const { repeated, own } = itemsOf(list, position, Math.min(query.count ?? most, most), fault);
  const following = { ...position, offset: position.offset + own.length, page: position.page + 1 };
  const next = nextCursor(state.cursors, list, { position, following, asked: query.cursor }, fault);
  return { resources: [...repeated, ...own], next, total: list.total };
}

function itemsOf(list: List, { offset, page }: Position, count: number, fault: Fault | undefined) {
  switch (fault?.kind) {
    case 'short-page': {
      const left = Math.min(count, fault.count ?? Math.ceil(count / 2));
      return { repeated: [], own: list.page(offset, left) };
    }
    case 'repeated-items': {
      const wanted = Math.min(fault.count ?? 3, count - 1);
      // The first page has none before it and repeats its own items.
      const from = page === 1 ? 0 : Math.max(0, offset - wanted);
      const repeated = list.page(from, page === 1 ? wanted : offset - from);
      return { repeated, own: list.page(offset, count - repeated.length) };
    }
    default:
      return { repeated: [], own: list.page(offset, count) };
  }
}

interface Steps {
  position: Position;
  following: Position;
  /** The cursor that led here. */
  asked: string | null;
}

/** Undefined leaves the cursors out of the answer. */
function nextCursor(
  cursors: Cursors,
  list: List,
  { position, following, asked }: Steps,
  fault: Fault | undefined,
): string | null | undefined {
  const hasMore = following.offset < list.total;
  const isAimed = fault?.page !== undefined || fault?.from_page !== undefined;
  const leadsBack = isAimed || !hasMore;
  if (fault?.kind === 'missing-cursor') return undefined;
  if (fault?.kind === 'null-cursor') return null;
  if (fault?.kind === 'looping-cursor' && leadsBack) return asked ?? cursors.issue(position);
  if (fault?.kind === 'renewing-cursor' && leadsBack) return cursors.issue(position);
  return hasMore ? cursors.issue(following) : null;
}
