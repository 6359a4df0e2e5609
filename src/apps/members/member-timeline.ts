import type { Request } from 'express';
import type { Knex } from 'knex';
import { createFormat } from '../../http/format';
import { listAddress } from '../../http/list-address';
import type { Permission } from '../../policy';
import { Staff } from '../accounts/staff.model';
import type { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonChange } from '../campaigns/change.model';
import { PatreonTier } from '../campaigns/tier.model';
import { type ChangeWords, changeSentences, listOf } from './change-sentences';
import type { PatreonMember } from './member.model';
import { changedMember, type PastDay } from './member-past';

/** Enough rows for the largest of entries, which has one for each column of a member. */
const ROWS_PER_PAGE = 120;
const ENTRIES_PER_PAGE = 25;

/** What one read did to a member. */
export interface TimelineEntry {
  /** ISO time. */
  at: string;
  sentences: string[];
  source: { label: string; href: string | null } | null;
}

export interface Timeline {
  /** Newest first; `day` is an ISO date. */
  days: { day: string; entries: TimelineEntry[] }[];
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
  /** The id of the last change already shown. */
  before?: number | undefined;
}

/** One page of what happened to a member, in the reader's words and as far as the reader may see it. */
export async function readTimeline(req: Request, request: TimelineRequest, knex: Knex): Promise<Timeline> {
  const { member, past, before } = request;
  const wanted = { limit: ROWS_PER_PAGE, before, until: past?.end };
  const rows = await PatreonChange.listForRecord(changedMember(member), wanted, knex);
  const { reads, last } = cutPage(rows);
  const entries = await toEntries(req, reads, request.campaign, knex);
  const isCut = last === undefined && !(await PatreonChange.isWhole(changedMember(member), knex));
  if (isCut) {
    entries.push({ at: member.first_seen_at, sentences: [req.t('members:timeline.created')], source: null });
  }
  const address = listAddress(`/patreon/members/${member.id}/`, { as_of: past?.day });
  return {
    days: byDay(entries),
    older: last === undefined ? null : address({ before: String(last) }),
    newest: before === undefined ? null : address(),
    keptSince: isCut ? await PatreonChange.keptSince(knex) : null,
  };
}

/** Whole reads only; `last` is the id to go on from, undefined when everything is there. */
function cutPage(rows: readonly PatreonChange[]): { reads: PatreonChange[][]; last: number | undefined } {
  const reads = byRead(rows);
  if (rows.length === ROWS_PER_PAGE) reads.pop();
  const shown = reads.slice(0, ENTRIES_PER_PAGE);
  const isAll = rows.length < ROWS_PER_PAGE && shown.length === reads.length;
  return { reads: shown, last: isAll ? undefined : shown.at(-1)?.at(-1)?.id };
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

async function toEntries(req: Request, reads: readonly PatreonChange[][], campaign: PatreonCampaign, knex: Knex) {
  const words = await wordsFor(req, reads.flat(), campaign, knex);
  const names = await staffNames(reads.flat(), knex);
  return reads.flatMap((read): TimelineEntry[] => {
    const [first] = read;
    // In the order of the columns.
    const sentences = changeSentences([...read].reverse(), words);
    // What this reader may not even know about leaves an entry without a word.
    if (!first || sentences.length === 0) return [];
    return [{ at: first.changed_at, sentences, source: sourceOf(first, req, names) }];
  });
}

async function wordsFor(
  req: Request,
  rows: readonly PatreonChange[],
  campaign: PatreonCampaign,
  knex: Knex,
): Promise<ChangeWords> {
  const named = rows.filter(({ field }) => field === 'currently_entitled_tiers');
  const ids = [...new Set(named.flatMap(({ before, after }) => [...listOf(before), ...listOf(after)]))];
  const tiers = ids.length > 0 ? await PatreonTier.listByPatreonIds([campaign.id], ids, knex) : [];
  const titles = new Map(tiers.map((tier) => [tier.patreon_id, tier.title || req.t('members:untitledTier')]));
  return {
    t: req.t,
    format: createFormat(req.locale),
    can: (permission: Permission) => req.can(permission),
    currency: campaign.currency,
    tierTitle: (id) => titles.get(id) ?? id,
  };
}

async function staffNames(rows: readonly PatreonChange[], knex: Knex): Promise<Map<number, string>> {
  const ids = [...new Set(rows.flatMap(({ staff_id }) => staff_id ?? []))];
  const staff = ids.length > 0 ? await Staff.query(knex).findByIds(ids) : [];
  return new Map(staff.map(({ id, name }) => [id, name]));
}

/** Who asked says more than which run it was; the link leads to the run all the same. */
function sourceOf(change: PatreonChange, req: Request, names: ReadonlyMap<number, string>): TimelineEntry['source'] {
  const { run_id, staff_id, event_id } = change;
  const href = run_id === null ? null : `/patreon/sync/${run_id}/`;
  if (staff_id !== null) {
    const name = names.get(staff_id);
    return { label: req.t(`members:timeline.${name ? 'refreshedBy' : 'refreshed'}`, { name }), href };
  }
  if (event_id !== null) return { label: req.t('members:timeline.event', { id: event_id }), href };
  return href === null ? null : { label: req.t('members:timeline.run', { id: run_id }), href };
}

function byDay(entries: readonly TimelineEntry[]): Timeline['days'] {
  const days = new Map<string, TimelineEntry[]>();
  for (const entry of entries) {
    const day = entry.at.slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), entry]);
  }
  return [...days].map(([day, ofDay]) => ({ day, entries: ofDay }));
}
