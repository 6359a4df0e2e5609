import type { Knex } from 'knex';
import { ValidationError } from '../../errors';
import { parseForm } from '../../http/parse';
import { PatreonTier } from '../campaigns/tier.model';
import type { AmountRange, MemberConditions, TimeRange } from './filter-conditions';
import { dayOf, endOf, startOf } from './filter-days';
import { Label } from './label.model';
import type { MemberFilter } from './member.model';
import type { MemberReader } from './member-reader';
import {
  CONDITION_NAMES,
  type ConditionName,
  GROUP_PREFIXES,
  type GroupValues,
  memberConditions,
} from './members.schemas';

/** One group of conditions: as its parameters say it, and as it is looked for. */
export interface MemberGroup {
  /** What its parameters begin with. */
  prefix: string;
  values: GroupValues;
  /** As written in the address, for days that count from today and for amounts. */
  written: Partial<Record<ConditionName, string>>;
  tiers: PatreonTier[];
  labels: Label[];
  conditions: MemberConditions;
}

interface Reading {
  reader: MemberReader;
  knex: Knex;
  /** Where problems are noted, under the names of the parameters. */
  errors: Record<string, string>;
}

/** The groups that a query asks for: the first one always, the others where they have a condition. */
export async function readGroups(query: Record<string, unknown>, reading: Reading): Promise<MemberGroup[]> {
  const groups: MemberGroup[] = [];
  for (const prefix of GROUP_PREFIXES) {
    const given = Object.fromEntries(
      CONDITION_NAMES.flatMap((name) => (isGiven(query[prefix + name]) ? [[name, query[prefix + name]]] : [])),
    );
    if (prefix !== '' && Object.keys(given).length === 0) continue;
    groups.push(await readGroup(prefix, given, reading));
  }
  return groups;
}

const isGiven = (value: unknown) => [value].flat().some((one) => one !== undefined && one !== '');

async function readGroup(
  prefix: string,
  given: Record<string, unknown>,
  { reader, knex, errors }: Reading,
): Promise<MemberGroup> {
  const values = parseGroup(prefix, given, errors);
  const [tiers, labels] = await Promise.all([findTiers(values.tier, knex), findLabels(values, knex)]);
  const wrong = {
    ...reversed(values, reader.now),
    ...refused(given, reader),
    ...(tiers.length < values.tier.length && { tier: 'list:problem.tier' }),
    ...(labels.length < new Set([...values.label, ...values.label_not]).size && { label: problem('label') }),
  };
  for (const [name, key] of Object.entries(wrong)) errors[prefix + name] ??= key;
  const written = Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value === 'string'));
  return { prefix, values, written, tiers, labels, conditions: conditionsIn(values, tiers, reader) };
}

const problem = (name: string) => `filters:problem.${name}`;

/** What can be read; of everything else it is noted what is wrong, and it counts as not given. */
function parseGroup(prefix: string, given: Record<string, unknown>, errors: Record<string, string>): GroupValues {
  try {
    return parseForm(memberConditions, given);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const wrong = new Map(Object.entries(error.fields).map(([path, key]) => [path.split('.')[0], key]));
    for (const [name, key] of wrong) errors[prefix + name] ??= key;
    return parseForm(memberConditions, Object.fromEntries(Object.entries(given).filter(([name]) => !wrong.has(name))));
  }
}

/** Ranges that nothing can lie in, noted where they end. */
function reversed(values: GroupValues, now: Date): Record<string, string> {
  const days = (['joined', 'last_charge', 'next_charge', 'changed'] as const).filter((name) => {
    const [from, to] = [values[`${name}_from`], values[`${name}_to`]];
    return from !== undefined && to !== undefined && dayOf(from, now) > dayOf(to, now);
  });
  const amounts = (['amount', 'lifetime'] as const).filter(
    (name) => (values[`${name}_min`] ?? 0) > (values[`${name}_max`] ?? Number.POSITIVE_INFINITY),
  );
  return Object.fromEntries([
    ...days.map((name) => [`${name}_to`, problem('reversedDays')]),
    ...amounts.map((name) => [`${name}_max`, problem('reversedAmounts')]),
  ]);
}

/** What this reader may not filter by: whom a filter finds would tell what is hidden from them. */
function refused(given: Record<string, unknown>, reader: MemberReader): Record<string, string> {
  const kept: [string, RegExp, boolean | undefined][] = [
    ['money', /^(amount|lifetime)_/, reader.seesMoney],
    ['email', /^email$/, reader.seesEmail],
    ['address', /^address$/, reader.seesAddress],
    ['followUps', /^follow_up$/, reader.seesFollowUps],
  ];
  return Object.fromEntries(
    kept.flatMap(([word, names, isSeen]) =>
      isSeen
        ? []
        : Object.keys(given)
            .filter((name) => names.test(name))
            .map((name): [string, string] => [name, problem(word)]),
    ),
  );
}

async function findTiers(ids: readonly number[], knex: Knex): Promise<PatreonTier[]> {
  if (ids.length === 0) return [];
  return PatreonTier.query(knex)
    .select('id', 'campaign_id', 'patreon_id', 'title')
    .whereRaw('id = any(?::bigint[])', [[...ids]])
    .orderBy('id');
}

async function findLabels({ label, label_not }: GroupValues, knex: Knex): Promise<Label[]> {
  const ids = [...new Set([...label, ...label_not])];
  if (ids.length === 0) return [];
  return Label.query(knex).select('id', 'name').whereRaw('id = any(?::bigint[])', [ids]).orderBy('name');
}

function conditionsIn(values: GroupValues, tiers: PatreonTier[], reader: MemberReader): MemberConditions {
  const days = (from?: string, to?: string): TimeRange => ({
    from: from && startOf(dayOf(from, reader.now)),
    before: to && endOf(dayOf(to, reader.now)),
  });
  const { kind, status, charge, cadence, label } = values;
  return {
    kind,
    status,
    tier: tiers.map(({ campaign_id, patreon_id }) => ({ campaign_id, patreon_id })),
    amount: range(values.amount_min, values.amount_max),
    lifetime: range(values.lifetime_min, values.lifetime_max),
    joined: days(values.joined_from, values.joined_to),
    lastCharge: days(values.last_charge_from, values.last_charge_to),
    charge,
    nextCharge: days(values.next_charge_from, values.next_charge_to),
    cadence,
    ...(values.email && { hasEmail: values.email === 'yes' }),
    ...(values.address && { hasAddress: values.address === 'yes' }),
    ...(values.discord && { hasDiscord: values.discord === 'yes' }),
    label,
    labelNot: values.label_not,
    changed: days(values.changed_from, values.changed_to),
    ...followUp(values.follow_up, reader),
  };
}

const range = (min?: number, max?: number): AmountRange => ({ min, max });

function followUp(asked: GroupValues['follow_up'], { staffId, now }: MemberReader): Pick<MemberConditions, 'followUp'> {
  switch (asked) {
    case undefined:
      return {};
    case 'mine':
      return { followUp: { ownerId: staffId ?? 0 } };
    case 'overdue':
      return { followUp: { dueBefore: dayOf('today', now) } };
    default:
      return { followUp: asked === 'any' };
  }
}

/** The conditions of all groups, as a filter has them. */
export function conditionsOf([first, ...others]: readonly MemberGroup[]): Partial<MemberFilter> {
  return { ...first?.conditions, ...(others.length > 0 && { or: others.map((group) => group.conditions) }) };
}
