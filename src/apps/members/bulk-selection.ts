import { parse } from 'node:querystring';
import type { Knex } from 'knex';
import { ValidationError } from '../../errors';
import type { Selection } from './bulk.service';
import { PatreonMember } from './member.model';
import { type MemberReader, readMemberQuery } from './member-query';
import { MOST_QUERY_LENGTH } from './member-view.model';
import type { SelectionForm } from './workbench.schemas';

const SAMPLE = 8;
/** Counts all of them: whoever is about to change members is told how many. */
const ALL = Number.MAX_SAFE_INTEGER;

export interface FoundSelection {
  selection: Selection;
  /** Exact. */
  total: number;
  sample: PatreonMember[];
}

/** The members that a form means. @throws ValidationError when there are none, or the list refuses the query */
export async function findSelection(form: SelectionForm, reader: MemberReader, knex: Knex): Promise<FoundSelection> {
  const found =
    form.scope === 'matching' ? await findMatching(form.query, reader, knex) : await findPicked(form.ids, knex);
  if (found.total === 0) throw new ValidationError({ ids: 'workbench:problem.nobody' });
  return found;
}

async function findPicked(ids: readonly number[], knex: Knex): Promise<FoundSelection> {
  const members = await PatreonMember.listByIds(ids, knex);
  return {
    selection: { ids: members.map(({ id }) => id) },
    total: members.length,
    sample: members.slice(0, SAMPLE),
  };
}

async function findMatching(query: string, reader: MemberReader, knex: Knex): Promise<FoundSelection> {
  const { filter, searchParams } = await readMemberQuery(parse(query), reader, knex);
  const canonical = searchParams.toString();
  if (canonical.length > MOST_QUERY_LENGTH) throw new ValidationError({ query: 'workbench:problem.longQuery' });
  const [{ count }, some] = await Promise.all([
    PatreonMember.countMatching(filter, knex, ALL),
    PatreonMember.matching(filter, knex).clearSelect().select('patreon_members.id').limit(SAMPLE),
  ]);
  const sample = await PatreonMember.listByIds(
    some.map(({ id }) => id),
    knex,
  );
  return { selection: { query: canonical }, total: count, sample };
}
