import type { Format } from '../../http/format';
import type { AttributeKind } from '../../http/mirrored-attributes';
import type { Translate } from '../../i18n';
import type { Permission } from '../../policy';
import type { PatreonChange } from '../campaigns/change.model';
import { CHANGED_ATTRIBUTES, chargeStatusWord, labelKey, patronStatusWord } from './member-attributes';

/** What the reader understands and may see. */
export interface ChangeWords {
  t: Translate;
  format: Format;
  can(permission: Permission): boolean;
  /** Of the campaign's amounts. */
  currency: string | null;
  tierTitle(patreonId: string): string;
}

type Change = Pick<PatreonChange, 'kind' | 'field' | 'before' | 'after'>;
type Values = Pick<PatreonChange, 'before' | 'after'>;
/** The fields that nothing has been said about yet; who tells of one takes it out. */
type Untold = Map<string, Values>;

const tell = (key: string) => `members:timeline.${key}`;

/**
 * What one read changed, in plain sentences. Masked as the page's attributes are: no e-mail and no amount for those who
 * may not see them; of a hidden attribute no more is told than that it changed, and of the person's e-mail nothing.
 */
export function changeSentences(changes: readonly Change[], words: ChangeWords): string[] {
  const untold: Untold = new Map();
  for (const { field, before, after } of changes) if (field !== null) untold.set(field, { before, after });
  const whole = changes.filter(({ field }) => field === null).map(({ kind }) => words.t(tell(kind)));
  if (!words.can('members.email')) untold.delete('user_is_email_verified');
  return [
    ...whole,
    ...kindSentence(untold, words),
    ...amountSentence(untold, words),
    ...tierSentence(untold, words),
    ...chargeSentence(untold, words),
    ...linkSentence(untold, words),
    ...otherSentences(untold, words),
  ];
}

function take(untold: Untold, field: string): Values | undefined {
  const values = untold.get(field);
  untold.delete(field);
  return values;
}

/** Takes a field out when its new value says no more than the sentence does. */
function takeIf(untold: Untold, field: string, isSaid: (values: Values) => boolean): void {
  const values = untold.get(field);
  if (values && isSaid(values)) untold.delete(field);
}

const CHARGE_OF_KIND: Record<string, unknown> = { paying: 'Paid', declined: 'Declined', trial: 'Free Trial' };

function kindSentence(untold: Untold, { t, can, format, currency }: ChangeWords): string[] {
  const kind = take(untold, 'kind');
  if (!kind) return [];
  const became = String(kind.after);
  if (became !== 'unknown') untold.delete('patron_status');
  takeIf(untold, 'last_charge_status', ({ after }) => after === CHARGE_OF_KIND[became]);
  if (became === 'gift' || kind.before === 'gift') untold.delete('is_gifted');
  if (became === 'trial' || kind.before === 'trial') untold.delete('is_free_trial');
  const monthly = untold.get('monthly_cents');
  const sentence = t(tell(`kind.${kindKey(String(kind.before), became)}`));
  // Both above zero is a raise or a cut as well, which the next rule tells.
  if (monthly && Number(monthly.before) > 0 && Number(monthly.after) > 0) return [sentence];
  for (const field of ['monthly_cents', 'currently_entitled_amount_cents', 'will_pay_amount_cents'])
    untold.delete(field);
  const isWorth = can('money.read') && Number(monthly?.after ?? 0) > 0;
  return isWorth ? [sentence, t(tell('worth'), { after: format.money(Number(monthly?.after), currency) })] : [sentence];
}

function kindKey(before: string, after: string): string {
  if (after !== 'paying') return after;
  if (before === 'former') return 'back';
  return before === 'declined' ? 'recovered' : after;
}

function amountSentence(untold: Untold, { t, can, format, currency }: ChangeWords): string[] {
  if (!can('money.read')) {
    const hidden = [...untold.keys()].filter((field) => field.endsWith('_cents'));
    for (const field of hidden) untold.delete(field);
    return hidden.length > 0 ? [t(tell('amounts'))] : [];
  }
  const monthly = take(untold, 'monthly_cents');
  if (!monthly) return [];
  const entitled = take(untold, 'currently_entitled_amount_cents');
  takeIf(untold, 'will_pay_amount_cents', ({ after }) => after === entitled?.after);
  const [before, after] = [Number(monthly.before), Number(monthly.after)];
  const key = tell(after > before ? 'raised' : 'lowered');
  return [t(key, { before: format.money(before, currency), after: format.money(after, currency) })];
}

function tierSentence(untold: Untold, { t, tierTitle }: ChangeWords): string[] {
  const tiers = take(untold, 'currently_entitled_tiers');
  if (!tiers) return [];
  const [before, after] = [listOf(tiers.before), listOf(tiers.after)];
  const titles = {
    before: before.map(tierTitle).join(', '),
    after: after.map(tierTitle).join(', '),
  };
  if (before.length === 0) return [t(tell('opened'), titles)];
  if (after.length === 0) return [t(tell('closed'), titles)];
  return [t(tell(before.length === 1 && after.length === 1 ? 'moved' : 'tiers'), titles)];
}

export const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function chargeSentence(untold: Untold, { t, format }: ChangeWords): string[] {
  const sentences: string[] = [];
  if (untold.get('last_charge_status')?.after === 'Declined') {
    untold.delete('last_charge_status');
    sentences.push(t(tell('kind.declined')));
  }
  const tried = untold.get('last_charge_date');
  if (typeof tried?.after === 'string') {
    untold.delete('last_charge_date');
    sentences.push(t(tell('tried'), { after: format.date(tried.after) }));
  }
  return sentences;
}

const LINKS = ['user_image_url', 'user_thumb_url', 'user_url'];

function linkSentence(untold: Untold, { t }: ChangeWords): string[] {
  const links = LINKS.filter((field) => untold.delete(field));
  return links.length > 0 ? [t(tell('links'))] : [];
}

function otherSentences(untold: Untold, words: ChangeWords): string[] {
  const name = untold.get('full_name');
  takeIf(untold, 'user_full_name', ({ after }) => name !== undefined && after === name.after);
  return [...untold].map(([field, values]) => otherSentence(field, values, words));
}

/** Longer ones, and those of many lines, are not repeated in a sentence. */
const MAX_SHOWN = 80;

function otherSentence(field: string, { before, after }: Values, words: ChangeWords): string {
  const { t, can } = words;
  const label = labelOf(field, t);
  const shown = { label, before: shownValue(field, before, words), after: shownValue(field, after, words) };
  const isShown = [shown.before, shown.after].every((text) => text !== undefined);
  if (!isShown || (field === 'email' && !can('members.email'))) return t(tell('touched'), { label });
  if (shown.before === '') return t(tell('set'), shown);
  return t(tell(shown.after === '' ? 'removed' : 'changed'), shown);
}

function labelOf(field: string, t: Translate): string {
  const key = labelKey(field);
  return key ? t(key) : field;
}

/** Empty for nothing, undefined for what a sentence cannot hold. */
function shownValue(field: string, value: unknown, { t, format, currency }: ChangeWords): string | undefined {
  if (value === null || value === undefined || value === '') return '';
  if (field === 'note' || typeof value === 'object') return undefined;
  if (field === 'patron_status') return patronStatusWord(t, String(value));
  if (field === 'last_charge_status') return chargeStatusWord(t, String(value));
  const shownAs: Partial<Record<AttributeKind, () => string>> = {
    money: () => format.money(Number(value), currency),
    number: () => format.number(Number(value)),
    flag: () => t(value === true ? 'shared:value.yes' : 'shared:value.no'),
    time: () => format.date(String(value)),
    day: () => format.day(String(value)),
  };
  const text = shownAs[CHANGED_ATTRIBUTES[field] ?? 'text']?.() ?? String(value);
  return text.length > MAX_SHOWN || text.includes('\n') ? undefined : text;
}
