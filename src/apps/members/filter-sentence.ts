import type { Format } from '../../http/format';
import type { Locale, Translate } from '../../i18n';
import { campaignName } from '../campaigns/campaign.model';
import { dayOf, relativeDay } from './filter-days';
import type { MemberGroup } from './filter-groups';
import { chargeStatusWord, patronStatusWord } from './member-attributes';
import type { MemberQuery } from './member-query';
import type { ConditionName, GroupValues } from './members.schemas';

/** A piece of the sentence; with `names`, a condition and the parameters to leave out to be rid of it. */
export interface SentencePart {
  text: string;
  names?: readonly string[];
}

export interface SentenceWords {
  t: Translate;
  format: Format;
  locale: Locale;
  now: Date;
  /** Whose currency amounts are in, where the list is of one campaign. */
  currency: string | null;
}

const say = (key: string) => `filters:sentence.${key}`;

/** What a filter looks for, as one sentence in pieces. Empty when nothing is asked for. */
export function filterSentence(
  query: Pick<MemberQuery, 'scope' | 'campaign' | 'groups'>,
  words: SentenceWords,
): SentencePart[] {
  const scope = scopeParts(query, words);
  const groups = query.groups.map((group) => groupParts(group, words));
  const isBare = groups.every((parts) => parts.length === 1 && !parts[0]?.names);
  if (isBare && scope.length === 0) return [];
  const joined = groups.flatMap((parts, index) =>
    index === 0 ? parts : [{ text: `, ${words.t(say('or'))}` }, ...parts],
  );
  const isLong = joined.length > 1;
  return capitalised([...joined, ...scope.flatMap((part) => (isLong ? [{ text: ',' }, part] : [part]))]);
}

/** The pieces put together, for where nothing can be taken away. */
export function sentenceText(parts: readonly SentencePart[]): string {
  const text = parts.map(({ text }) => (text.startsWith(',') ? text : ` ${text}`)).join('');
  return text.trim();
}

function capitalised([first, ...others]: SentencePart[]): SentencePart[] {
  if (!first) return [];
  return [{ ...first, text: first.text.charAt(0).toUpperCase() + first.text.slice(1) }, ...others];
}

function scopeParts(
  { scope, campaign }: Pick<MemberQuery, 'scope' | 'campaign'>,
  { t }: SentenceWords,
): SentencePart[] {
  return [
    ...(campaign ? [{ text: t(say('campaign'), { campaign: campaignName(campaign) }), names: ['campaign'] }] : []),
    ...(scope.q ? [{ text: t(say('q'), { q: scope.q }), names: ['q'] }] : []),
    ...(scope.gone ? [{ text: t(say('gone')), names: ['gone'] }] : []),
  ];
}

function groupParts(group: MemberGroup, words: SentenceWords): SentencePart[] {
  const { t } = words;
  const named = (names: readonly ConditionName[]) => names.map((name) => group.prefix + name);
  const kinds = group.values.kind.map((kind) => t(say(`kind.${kind}`)));
  const head = kinds.length > 0 ? { text: anyOf(kinds, words), names: named(['kind']) } : { text: t(say('members')) };
  const clauses = clausesOf(group, words).map(([text, names]) => ({ text, names: named(names) }));
  return [head, ...clauses.flatMap((clause, index) => [{ text: t(say(index === 0 ? 'who' : 'and')) }, clause])];
}

type Clause = [text: string, names: readonly ConditionName[]];

function clausesOf({ values, written, tiers, labels }: MemberGroup, words: SentenceWords): Clause[] {
  const { t } = words;
  const quoted = (list: readonly string[]) =>
    anyOf(
      list.map((word) => t(say('quoted'), { word })),
      words,
    );
  const labelled = (ids: readonly number[]) =>
    quoted(labels.filter(({ id }) => ids.includes(id)).map(({ name }) => name));
  const statusWord = (word: string) => (word === 'none' ? t(say('noStatus')) : patronStatusWord(t, word));
  const lists: [ConditionName, string][] = [
    ['status', quoted(values.status.map(statusWord))],
    ['tier', quoted(tiers.map(({ title }) => title || t('members:untitledTier')))],
    ['charge', quoted(values.charge.map((word) => (word === 'none' ? statusWord(word) : chargeStatusWord(t, word))))],
    [
      'cadence',
      anyOf(
        values.cadence.map((months) => cadenceWord(months, words)),
        words,
      ),
    ],
    ['label', labelled(values.label)],
    ['label_not', labelled(values.label_not)],
  ];
  const choices = (['email', 'address', 'discord', 'follow_up'] as const).flatMap((name): Clause[] =>
    values[name] === undefined ? [] : [[t(say(`${name}.${values[name]}`)), [name]]],
  );
  return [
    ...lists.filter(([, said]) => said !== '').map(([name, said]): Clause => [t(say(name), { words: said }), [name]]),
    ...amounts(values, words),
    ...(['joined', 'last_charge', 'next_charge', 'changed'] as const).flatMap((name) => days(name, written, words)),
    ...choices,
  ];
}

function anyOf(list: readonly string[], { locale }: SentenceWords): string {
  return new Intl.ListFormat(locale, { type: 'disjunction' }).format(list);
}

function cadenceWord(months: number, words: SentenceWords): string {
  if (months === 1) return words.t(say('monthly'));
  return months === 12 ? words.t(say('yearly')) : words.t(say('months'), { span: span(months, 'm', words) });
}

const UNITS = { d: 'day', w: 'week', m: 'month', y: 'year' } as const;

/** `30 days` in the reader's language. */
export function span(count: number, unit: keyof typeof UNITS, { locale }: Pick<SentenceWords, 'locale'>): string {
  return new Intl.NumberFormat(locale, { style: 'unit', unit: UNITS[unit], unitDisplay: 'long' }).format(count);
}

function amounts(values: GroupValues, { t, format, currency }: SentenceWords): Clause[] {
  return (['amount', 'lifetime'] as const).flatMap((name): Clause[] => {
    const [min, max] = [values[`${name}_min`], values[`${name}_max`]];
    if (min === undefined && max === undefined) return [];
    const ends = { min: format.money(min, currency), max: format.money(max, currency) };
    return [[t(say(`${name}.${endsKey(min, max, ['min', 'max'])}`), ends), [`${name}_min`, `${name}_max`]]];
  });
}

const endsKey = (from: unknown, to: unknown, [low, high]: readonly [string, string]) => {
  if (from !== undefined && to !== undefined) return 'both';
  return from === undefined ? high : low;
};

type DayField = 'joined' | 'last_charge' | 'next_charge' | 'changed';

function days(field: DayField, written: MemberGroup['written'], words: SentenceWords): Clause[] {
  const names = [`${field}_from`, `${field}_to`] as const;
  const [from, to] = [written[names[0]], written[names[1]]];
  if (!from && !to) return [];
  return [[words.t(say(field), { when: when(field, from, to, words) }), names]];
}

function when(field: DayField, from: string | undefined, to: string | undefined, words: SentenceWords): string {
  const { t, format, now } = words;
  const [since, until] = [from && relativeDay(from), to && relativeDay(to)];
  if (field !== 'next_charge' && since && since.count < 0 && (!to || to === 'today'))
    return t(say('when.last'), { span: span(-since.count, since.unit, words) });
  if (from === 'today' && until && until.count > 0)
    return t(say('when.next'), { span: span(until.count, until.unit, words) });
  const [first, last] = [from && dayOf(from, now), to && dayOf(to, now)];
  const key = first && first === last ? 'on' : endsKey(first || undefined, last || undefined, ['from', 'to']);
  return t(say(`when.${key}`), { from: format.date(first), to: format.date(last) });
}
