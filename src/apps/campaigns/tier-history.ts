import type { Format } from '../../http/format';
import type { Translate } from '../../i18n';
import type { PatreonChange } from './change.model';

export interface TierEvent {
  id: number;
  at: string;
  /** A whole sentence in the reader's language. */
  text: string;
  field: string | null;
}

export interface TierWords {
  t: Translate;
  fmt: Format;
  currency: string | null;
}

/** What the history of a tier tells of; everything else that changes (patrons, places left) is told by the members' pages. */
const TOLD = ['amount_cents', 'title', 'user_limit', 'published', 'benefits'];

/** The history of one tier in sentences, in the order of the changes given. */
export function tierHistory(changes: readonly PatreonChange[], words: TierWords): TierEvent[] {
  return changes.flatMap((change) => {
    const text = sentence(change, words);
    return text === null ? [] : [{ id: change.id, at: change.changed_at, text, field: change.field }];
  });
}

function sentence(change: PatreonChange, words: TierWords): string | null {
  const { t, fmt } = words;
  const date = fmt.date(change.changed_at);
  if (change.kind !== 'changed') return t(`tierDetails:history.${change.kind}`, { date });
  if (change.field === null || !TOLD.includes(change.field)) return null;
  const told = (key: string, vars: Record<string, unknown> = {}) => t(`tierDetails:history.${key}`, { date, ...vars });
  switch (change.field) {
    case 'amount_cents':
      return priceSentence(change, told, words);
    case 'title':
      return told('title', { before: textOf(change.before, t), after: textOf(change.after, t) });
    case 'user_limit':
      return limitSentence(change, told, words);
    case 'published':
      return told(change.after === true ? 'published' : change.after === false ? 'unpublished' : 'publishedUnknown');
    default:
      return benefitsSentence(change, told, words);
  }
}

type Told = (key: string, vars?: Record<string, unknown>) => string;

function priceSentence({ before, after }: PatreonChange, told: Told, { fmt, currency }: TierWords): string {
  const [from, to] = [numberOf(before), numberOf(after)];
  const vars = { before: fmt.money(from, currency), after: fmt.money(to, currency) };
  if (from === null) return told('priceSet', vars);
  if (to === null) return told('priceUnknown', vars);
  return told(to > from ? 'priceRaised' : 'priceLowered', vars);
}

function limitSentence({ before, after }: PatreonChange, told: Told, { fmt }: TierWords): string {
  const [from, to] = [numberOf(before), numberOf(after)];
  const vars = { before: fmt.number(from), after: fmt.number(to) };
  if (to === null) return told('limitRemoved', vars);
  if (from === null) return told('limitSet', vars);
  return told(to > from ? 'limitRaised' : 'limitLowered', vars);
}

function benefitsSentence({ before, after }: PatreonChange, told: Told, { fmt }: TierWords): string {
  const [from, to] = [listOf(before), listOf(after)];
  const added = to.filter((id) => !from.includes(id)).length;
  const removed = from.filter((id) => !to.includes(id)).length;
  return told('benefits', { added: fmt.number(added), removed: fmt.number(removed) });
}

const numberOf = (value: unknown) => (typeof value === 'number' ? value : null);
const listOf = (value: unknown) => (Array.isArray(value) ? value : []);
const textOf = (value: unknown, t: Translate) =>
  typeof value === 'string' && value !== '' ? value : t('campaigns:tiers.untitled');
