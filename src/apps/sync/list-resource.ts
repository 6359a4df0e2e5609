import type { Knex } from 'knex';
import type { UpsertCounts } from '../../db/upsert-many';
import type { DroppedName, Page, PageHead, PageOptions, SingleDocument } from '../../patreon/client';
import type { ReadInterval } from './read-stamps';
import type { Resource } from './sync-run.model';

/** What a page or a single read brought, ready to be stored. */
export interface ReadRecords<T> {
  items: readonly T[];
  /** Names that Patreon refuses: their columns keep what they have. */
  dropped: readonly DroppedName[];
  /** The read that brought all of them, or each. */
  readSeq: number | ReadonlyMap<string, number>;
  /** They fill a mirror that no run before has begun to fill. */
  fill?: boolean;
}

/** Whom a record would mark as no longer paying. */
export interface Departure {
  patreonId: string;
  kindBefore: string;
  kindAfter: string;
  monthlyCentsBefore: number;
}

/** Which records of a page are not stored as they came. */
export interface Differences {
  ids: ReadonlySet<string>;
  departures: readonly Departure[];
}

/** One kind of record of one campaign: how it is stored. */
export interface RecordStore<T extends { id: string }> {
  resource: Resource;
  type: string;
  table: string;
  /** Stores records inside the caller's transaction. Safe to repeat. */
  store(trx: Knex.Transaction, records: ReadRecords<T>): Promise<UpsertCounts>;
  /** Present where a pass waits for the brake before anything of it is stored. */
  findDifferences?(trx: Knex.Transaction, records: ReadRecords<T>): Promise<Differences>;
  /** Notes that these records are stored just as they came, though not from the same bytes. */
  renewDigests?(trx: Knex.Transaction, records: ReadRecords<T>): Promise<void>;
}

/** How the next page is asked for; adapts to what Patreon can answer and is kept with the cursor. */
export interface PassRequest {
  count: number | null;
  /** Includes that were too heavy. */
  omitted: string[];
}

/** A list of one campaign at Patreon, and each of its records by itself. */
export interface ListResource<T extends { id: string }> extends RecordStore<T> {
  /** With `skipsUnchanged` records that are stored as they came are only named. */
  fetch(page: PageOptions, request: PassRequest, options: { skipsUnchanged: boolean }): Promise<Page<T>>;
  /** How to ask for the page after this one. */
  requestAfter(head: PageHead, request: PassRequest): PassRequest;
  readOne(patreonId: string, signal: AbortSignal): Promise<SingleDocument<T>>;
}

export type StampedPage<T> = Page<T> & ReadInterval;
