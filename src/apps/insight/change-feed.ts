import type { Request } from 'express';
import type { Knex } from 'knex';
import { createFormat } from '../../http/format';
import { listAddress } from '../../http/list-address';
import type { PatreonCampaign } from '../campaigns/campaign.model';
import type { PatreonChange } from '../campaigns/change.model';
import { changeSentences } from '../members/change-sentences';
import {
  listRecentChanges,
  type RecentChange,
  type RecentChanges,
  type RecentChangesRequest,
} from './recent-changes.service';

/** So much is said of one change; its record's page tells the rest. */
const SENTENCES = 3;

export interface ChangeEntry {
  at: string;
  resource: RecentChange['resource'];
  name: string;
  href: string;
  sentences: string[];
  /** How many more sentences there are. */
  more: number;
}

export interface ChangeFeed {
  entries: ChangeEntry[];
  /** Address of what happened before; null at the end. */
  older: string | null;
}

/** The newest changes in the reader's words, as far as the reader may see them. */
export async function readChangeFeed(req: Request, knex: Knex, page: RecentChangesRequest): Promise<ChangeFeed> {
  const recent = await listRecentChanges(page, knex);
  return {
    entries: recent.changes.flatMap((change) => toEntry(req, change, recent)),
    older: recent.last === undefined ? null : changesAddress(page, recent.last),
  };
}

/** Address of the page of all changes, or of those alone that made a member leave. */
export function changesAddress(
  { isDeparture, since }: Pick<RecentChangesRequest, 'isDeparture' | 'since'>,
  before?: number,
): string {
  const address = listAddress('/patreon/changes/', { only: isDeparture ? 'departures' : undefined, since });
  return address({ before: before?.toString() });
}

/** Nothing for a change of which this reader may not even know. */
function toEntry(req: Request, change: RecentChange, recent: RecentChanges): ChangeEntry[] {
  const sentences = sentencesOf(req, change, recent);
  if (sentences.length === 0) return [];
  const { at, resource, recordId } = change;
  return [
    {
      at,
      resource,
      name: change.name ?? req.t(`insight:changes.unnamed.${resource}`),
      href: `/patreon/${resource}s/${recordId}/`,
      sentences: sentences.slice(0, SENTENCES),
      more: Math.max(0, sentences.length - SENTENCES),
    },
  ];
}

function sentencesOf(req: Request, change: RecentChange, recent: RecentChanges): string[] {
  const campaign = recent.campaigns.get(change.campaignId);
  if (change.resource !== 'member') return recordSentences(req, change, campaign);
  return changeSentences(change.rows, {
    t: req.t,
    format: createFormat(req.locale),
    can: (permission) => req.can(permission),
    currency: campaign?.currency ?? null,
    tierTitle: (id) => recent.tierTitle(change.campaignId, id) ?? id,
  });
}

/** Of campaigns, tiers and posts the name and the price are told; that anything else changed, in one sentence. */
function recordSentences(req: Request, { resource, rows }: RecentChange, campaign?: PatreonCampaign): string[] {
  const told = rows.map((row) => recordSentence(req, row, campaign?.currency ?? null));
  const known = told.filter((sentence) => sentence !== null);
  return known.length < told.length ? [...known, req.t(`insight:changes.details.${resource}`)] : known;
}

function recordSentence({ t, locale }: Request, row: PatreonChange, currency: string | null): string | null {
  if (row.kind === 'gone' || row.kind === 'returned') return t(`insight:changes.${row.kind}`);
  const price = (cents: unknown) => createFormat(locale).money(typeof cents === 'number' ? cents : null, currency);
  if (row.field === 'amount_cents')
    return t('insight:changes.price', { before: price(row.before), after: price(row.after) });
  if (row.field === 'user_limit') {
    const places = (limit: unknown) =>
      typeof limit === 'number' ? createFormat(locale).number(limit) : t('insight:changes.noLimit');
    return t('insight:changes.limit', { before: places(row.before), after: places(row.after) });
  }
  if (row.field === 'title' || row.field === 'name') {
    return row.before
      ? t('insight:changes.renamed', { before: String(row.before) })
      : t('insight:changes.named', { after: String(row.after ?? '') });
  }
  if (row.field === 'published') return t(`insight:changes.${row.after === true ? 'published' : 'unpublished'}`);
  return null;
}
