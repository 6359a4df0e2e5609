import type { Knex } from 'knex';
import type { Locale, Translate } from '../../i18n';
import { PatreonTier } from '../campaigns/tier.model';
import { DAY_PATTERN } from './filter-days';
import type { MemberGroup } from './filter-groups';
import { span } from './filter-sentence';
import { Label } from './label.model';
import { PatreonMember } from './member.model';
import { chargeStatusWord, patronStatusWord } from './member-attributes';
import type { MemberReader } from './member-reader';
import { AMOUNT_PATTERN, type ConditionName, FOLLOW_UPS, GROUP_PREFIXES } from './members.schemas';
import { MEMBERSHIP_KINDS } from './membership-kind';

interface Option {
  value: string;
  label: string;
}

/** A condition that takes any of several values. */
interface Checks {
  name: string;
  legend: string;
  options: (Option & { checked: boolean })[];
  hint: string | null;
  error: string | null;
}

interface Field {
  name: string;
  label: string;
  type: 'text' | 'select';
  value: string;
  options: Option[];
  inputmode: 'decimal' | null;
  /** What a browser takes, and what it says to anything else. */
  pattern: string | null;
  rule: string | null;
  error: string | null;
}

/** One group of conditions as its fieldset shows it. */
export interface FormGroup {
  prefix: string;
  legend: string;
  isGiven: boolean;
  checks: Checks[];
  fields: Field[];
}

/** More are no help in a form, and would make its page heavy. */
const MOST_CHOICES = 60;
const CHARGES = ['Paid', 'Declined', 'Pending', 'Refunded', 'Partially Refunded', 'Fraud', 'Deleted', 'Other', 'none'];
const CADENCES = [1, 3, 6, 12];

export interface FilterChoices {
  tiers: Option[];
  statuses: string[];
  labels: Option[];
}

/** What the form offers beside what Patreon's own words are. */
export async function readFilterChoices(
  {
    campaignId,
    campaigns,
    t,
  }: { campaignId: number | undefined; campaigns: readonly { id: number; name: string }[]; t: Translate },
  knex: Knex,
): Promise<FilterChoices> {
  const [tiers, statuses, labels] = await Promise.all([
    PatreonTier.listChoices(campaignId, knex, MOST_CHOICES),
    PatreonMember.listStatuses(knex),
    Label.query(knex).select('id', 'name').orderBy('name').limit(MOST_CHOICES),
  ]);
  const nameOf = new Map(campaigns.map(({ id, name }) => [id, name]));
  const isShared = campaignId === undefined && nameOf.size > 1;
  return {
    tiers: tiers.map((tier) => {
      const title = tier.title || t('members:untitledTier');
      return { value: String(tier.id), label: isShared ? `${title} · ${nameOf.get(tier.campaign_id) ?? '–'}` : title };
    }),
    statuses,
    labels: labels.map(({ id, name }) => ({ value: String(id), label: name })),
  };
}

interface FormWords {
  t: Translate;
  locale: Locale;
  reader: MemberReader;
  /** What is wrong with which parameter, where a query is refused. */
  errors?: Record<string, string>;
}

/** The groups that are asked for, and an empty one to add. */
export function filterForm(groups: readonly MemberGroup[], choices: FilterChoices, words: FormWords): FormGroup[] {
  const legends = ['first', 'second', 'third'] as const;
  const given = new Map(groups.map((group) => [group.prefix, group]));
  const shown = GROUP_PREFIXES.filter((prefix, index) => index <= groups.length || given.has(prefix));
  return shown.map((prefix, index) => {
    const group = given.get(prefix);
    return {
      prefix,
      legend: words.t(`filters:group.${legends[index] ?? 'third'}`),
      isGiven: group !== undefined && Object.values({ ...group.values, ...group.written }).some(isChosen),
      checks: checksOf(prefix, group, choices, words),
      fields: fieldsOf(prefix, group, words),
    };
  });
}

export const isChosen = (value: unknown) => (Array.isArray(value) ? value.length > 0 : value !== undefined);

function checksOf(
  prefix: string,
  group: MemberGroup | undefined,
  choices: FilterChoices,
  { t, locale, errors = {} }: FormWords,
): Checks[] {
  const statusWord = (word: string) => (word === 'none' ? t('members:list.statuses.none') : patronStatusWord(t, word));
  const noneOr = (word: string) => (word === 'none' ? t('members:list.statuses.none') : chargeStatusWord(t, word));
  const make = (name: ConditionName, legend: string, offered: Option[], hint: string | null = null): Checks => {
    const chosen = new Set([group?.values[name] ?? []].flat().map(String));
    return {
      name: prefix + name,
      legend,
      hint,
      error: errors[prefix + name] ?? null,
      options: offered.map((one) => ({ ...one, checked: chosen.has(one.value) })),
    };
  };
  const chosenWords = (name: 'status' | 'charge', known: string[]) => [
    ...new Set([...known, ...(group?.values[name] ?? [])]),
  ];
  const chosenTiers = (group?.tiers ?? []).map((tier) => ({
    value: String(tier.id),
    label: tier.title || t('members:untitledTier'),
  }));
  const chosenLabels = (group?.labels ?? []).map(({ id, name }) => ({ value: String(id), label: name }));
  const tiers = withChosen(choices.tiers, chosenTiers);
  const labels = withChosen(choices.labels, chosenLabels);
  const cut = (list: Option[], name: string) =>
    list.length >= MOST_CHOICES ? t(`filters:hint.${name}`, { count: MOST_CHOICES }) : null;
  return [
    make(
      'kind',
      t('members:list.kind'),
      MEMBERSHIP_KINDS.map((kind) => ({ value: kind, label: t(`shared:kind.${kind}`) })),
    ),
    make('status', t('members:list.status'), options(chosenWords('status', choices.statuses), statusWord)),
    make('tier', t('members:list.tier'), tiers, cut(choices.tiers, 'tiers')),
    make('charge', t('filters:field.charge'), options(chosenWords('charge', CHARGES), noneOr)),
    make('cadence', t('filters:field.cadence'), cadences(group?.values.cadence ?? [], t, locale)),
    make('label', t('filters:field.label'), labels, cut(choices.labels, 'labels')),
    make('label_not', t('filters:field.label_not'), labels),
  ].filter(({ options: offered }) => offered.length > 0);
}

const options = (values: readonly string[], label: (value: string) => string): Option[] =>
  values.map((value) => ({ value, label: label(value) }));

const withChosen = (offered: Option[], chosen: Option[]): Option[] => [
  ...offered,
  ...chosen.filter(({ value }) => !offered.some((one) => one.value === value)),
];

function cadences(chosen: readonly number[], t: Translate, locale: Locale): Option[] {
  return [...new Set([...CADENCES, ...chosen])].map((months) => ({
    value: String(months),
    label: cadenceLabel(months, t, locale),
  }));
}

/** How often a membership is paid, as a cell or a choice says it. */
export function cadenceLabel(months: number, t: Translate, locale: Locale): string {
  if (months === 1) return t('filters:cadence.monthly');
  return months === 12
    ? t('filters:cadence.yearly')
    : t('filters:cadence.months', { span: span(months, 'm', { locale }) });
}

function ruleOf(name: ConditionName, t: Translate): Pick<Field, 'inputmode' | 'pattern' | 'rule'> {
  return /^(amount|lifetime)_/.test(name)
    ? { inputmode: 'decimal', pattern: AMOUNT_PATTERN, rule: t('filters:problem.amount') }
    : { inputmode: null, pattern: DAY_PATTERN, rule: t('filters:problem.day') };
}

function fieldsOf(prefix: string, group: MemberGroup | undefined, { t, reader, errors = {} }: FormWords): Field[] {
  const field = (name: ConditionName, type: Field['type'], offered: Option[] = []): Field => ({
    ...(type === 'text' ? ruleOf(name, t) : { inputmode: null, pattern: null, rule: null }),
    name: prefix + name,
    label: t(`filters:field.${name}`),
    type,
    value: group?.written[name] ?? '',
    error: errors[prefix + name] ?? null,
    options: offered.length > 0 ? [{ value: '', label: t('members:list.any') }, ...offered] : [],
  });
  const amounts = ['amount_min', 'amount_max', 'lifetime_min', 'lifetime_max'] as const;
  const days = ['joined', 'last_charge', 'next_charge', 'changed'] as const;
  const either = options(['yes', 'no'], (value) => t(`filters:either.${value}`));
  const followUps = options(FOLLOW_UPS, (value) => t(`filters:follow_up.${value}`));
  const contacts = [
    ...(reader.seesEmail ? (['email'] as const) : []),
    ...(reader.seesAddress ? (['address'] as const) : []),
    'discord' as const,
  ];
  return [
    ...(reader.seesMoney ? amounts.map((name) => field(name, 'text')) : []),
    ...days.flatMap((name) => [field(`${name}_from`, 'text'), field(`${name}_to`, 'text')]),
    ...contacts.map((name) => field(name, 'select', either)),
    ...(reader.seesFollowUps ? [field('follow_up', 'select', followUps)] : []),
  ];
}
