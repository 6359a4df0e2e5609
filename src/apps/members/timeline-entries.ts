import type { Request } from 'express';
import type { Knex } from 'knex';
import { createFormat } from '../../http/format';
import type { Permission } from '../../policy';
import { Staff } from '../accounts/staff.model';
import type { PatreonCampaign } from '../campaigns/campaign.model';
import type { PatreonChange } from '../campaigns/change.model';
import { PatreonTier } from '../campaigns/tier.model';
import { type ChangeWords, changeSentences, listOf } from './change-sentences';
import type { MemberAction } from './member-action.model';
import { chargeStatusWord, eventTypeWord } from './member-attributes';
import type { MemberNote } from './note.model';
import { noteText } from './note-html';
import type { PledgeEvent } from './pledge-event.model';
import type { TimelineItem, TimelineSource } from './timeline-merge';

/** What happened to a member at one moment. */
export interface TimelineEntry {
  /** ISO time. */
  at: string;
  type: TimelineSource;
  sentences: string[];
  source: { label: string; href: string | null } | null;
}

/** In the reader's words, as far as the reader may know; what they may not even know about leaves no entry. */
export async function timelineEntries(
  req: Request,
  items: readonly TimelineItem[],
  campaign: PatreonCampaign,
  knex: Knex,
): Promise<TimelineEntry[]> {
  const changes = items.flatMap((item) => (item.source === 'changes' ? item.rows : []));
  const words = await changeWords(req, changes, campaign, knex);
  const nameOf = await staffNames(items.flatMap(staffIdsOf), knex);
  const told: Told = { req, words, nameOf };
  return items.flatMap((item) => {
    const { sentences, source } = tell(item, told);
    return sentences.length === 0 ? [] : [{ at: item.at, type: item.source, sentences, source }];
  });
}

interface Told {
  req: Request;
  words: ChangeWords;
  /** Undefined for nobody and for people who were removed. */
  nameOf(staffId: unknown): string | undefined;
}

type Telling = Pick<TimelineEntry, 'sentences' | 'source'>;

function tell(item: TimelineItem, told: Told): Telling {
  switch (item.source) {
    case 'changes':
      return tellChanges(item.rows, told);
    case 'charges':
      return { sentences: chargeSentences(item.rows, told.words), source: null };
    case 'notes':
      return tellNote(item.rows, told);
    case 'staff':
      return { sentences: [actionSentence(item.rows, told)], source: byStaff(item.rows.staff_id, 'by', told) };
  }
}

/** No rows stand for the day on which a member was first seen, where no change tells it. */
function tellChanges(rows: readonly PatreonChange[], { req, words, nameOf }: Told): Telling {
  const [first] = rows;
  if (!first) return { sentences: [req.t('members:timeline.created')], source: null };
  // In the order of the columns.
  return { sentences: changeSentences([...rows].reverse(), words), source: sourceOf(first, req, nameOf) };
}

function chargeSentences(event: PledgeEvent, { t, can, format }: ChangeWords): string[] {
  const what = eventTypeWord(t, event.type) || t('dossier:timeline.event');
  const tier = event.tier_title || null;
  if (!can('money.read')) return [tier ? `${what} · ${tier}` : what];
  const outcome = chargeStatusWord(t, event.payment_status);
  const amount = event.amount_cents === null ? null : format.money(event.amount_cents, event.currency_code);
  const sentence = outcome ? t('dossier:timeline.charge', { what, outcome }) : what;
  return [[sentence, amount, tier].filter(Boolean).join(' · ')];
}

const EXCERPT = 200;

function tellNote(note: MemberNote, told: Told): Telling {
  const text = noteText(note.body);
  const letters = [...text];
  const excerpt = letters.length > EXCERPT ? `${letters.slice(0, EXCERPT).join('')}…` : text;
  return { sentences: [excerpt], source: byStaff(note.author_id, 'noteBy', told) };
}

/** Others are told by their own name: a later version may know more of them. */
const ACTIONS = new Set([
  'label.added',
  'label.removed',
  'label.merged',
  'follow_up.set',
  'follow_up.done',
  'field.changed',
  'note.edited',
  'note.deleted',
  'note.restored',
  'address.revealed',
  'address.exported',
]);

function actionSentence({ action, details }: MemberAction, { req, words, nameOf }: Told): string {
  if (!ACTIONS.has(action)) return action;
  const { label, into, due_on } = details;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const vars = {
    label: text(label),
    into: text(into),
    owner: nameOf(details.owner_id) ?? req.t('dossier:somebody'),
    date: words.format.date(text(due_on)),
  };
  const isDated = action === 'follow_up.set' && text(due_on) !== '';
  return req.t(isDated ? 'dossier:action.followUpDated' : `dossier:action.${action}`, vars);
}

function byStaff(staffId: number | null, key: 'by' | 'noteBy', { req, nameOf }: Told): TimelineEntry['source'] {
  return {
    label: req.t(`dossier:timeline.${key}`, { name: nameOf(staffId) ?? req.t('dossier:somebody') }),
    href: null,
  };
}

async function changeWords(
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
    format: createFormat(req.locale, campaign.time_zone),
    can: (permission: Permission) => req.can(permission),
    currency: campaign.currency,
    tierTitle: (id) => titles.get(id) ?? id,
  };
}

function staffIdsOf(item: TimelineItem): unknown[] {
  if (item.source === 'changes') return item.rows.map(({ staff_id }) => staff_id);
  if (item.source === 'notes') return [item.rows.author_id];
  return item.source === 'staff' ? [item.rows.staff_id, item.rows.details.owner_id] : [];
}

async function staffNames(found: readonly unknown[], knex: Knex): Promise<Told['nameOf']> {
  const ids = [...new Set(found)].filter((id) => Number.isSafeInteger(id)) as number[];
  const staff = ids.length > 0 ? await Staff.query(knex).findByIds(ids) : [];
  const names = new Map<unknown, string>(staff.map(({ id, name }) => [id, name]));
  return (id) => names.get(id);
}

/** Who asked says more than which run it was; the link leads to the run all the same. */
function sourceOf(change: PatreonChange, req: Request, nameOf: Told['nameOf']): TimelineEntry['source'] {
  const { run_id, staff_id, event_id } = change;
  const href = run_id === null ? null : `/patreon/sync/${run_id}/`;
  if (staff_id !== null) {
    const name = nameOf(staff_id);
    return { label: req.t(`members:timeline.${name ? 'refreshedBy' : 'refreshed'}`, { name }), href };
  }
  if (event_id !== null) return { label: req.t('members:timeline.event', { id: event_id }), href };
  return href === null ? null : { label: req.t('members:timeline.run', { id: run_id }), href };
}
