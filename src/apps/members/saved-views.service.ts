import { parse } from 'node:querystring';
import { UniqueViolationError } from 'objection';
import type { Context } from '../../context';
import { NotFoundError, ValidationError } from '../../errors';
import { PatreonMember } from './member.model';
import { type MemberReader, readMemberQuery } from './member-query';
import { MemberView, MOST_QUERY_LENGTH, MOST_VIEWS } from './member-view.model';

/** So many matches are counted for a tab; more are "at least". */
const MOST_COUNTED = 10_000;

export interface NewView {
  name: string;
  query: string;
  shared: boolean;
  pinned: boolean;
}

/**
 * Keeps a list's query under a name, in the form in which the list itself writes it.
 * @throws ValidationError for a name that this person uses already, or a query that the list refuses
 */
export async function saveView({ knex }: Context, given: NewView, reader: MemberReader): Promise<MemberView> {
  // A view begins at its first page.
  const { after: _after, before: _before, ...asked } = parse(given.query);
  const { searchParams, columns } = await readMemberQuery(asked, reader, knex);
  // Others may have chosen other columns for themselves.
  searchParams.set('columns', columns.join(','));
  const query = searchParams.toString();
  // Written as an address, letters take up to nine times their room.
  if (query.length > MOST_QUERY_LENGTH) throw new ValidationError({ query: 'workbench:problem.longQuery' });
  const owner_id = reader.staffId as number;
  const own = await MemberView.query(knex).where({ owner_id }).resultSize();
  if (own >= MOST_VIEWS) throw new ValidationError({ name: 'workbench:problem.tooManyViews' });
  return unlessTaken(() => MemberView.query(knex).insertAndFetch({ ...given, query, owner_id }));
}

/** Changes what is named of a view of one's own. @throws NotFoundError for somebody else's */
export async function changeView(
  { knex }: Context,
  id: number,
  staffId: number,
  change: Partial<Omit<NewView, 'query'>>,
): Promise<MemberView> {
  const view = await MemberView.findOwn(id, staffId, knex);
  if (!view) throw new NotFoundError();
  return unlessTaken(() => MemberView.query(knex).patchAndFetchById(view.id, change));
}

export async function deleteView({ knex }: Context, id: number, staffId: number): Promise<MemberView> {
  const view = await MemberView.findOwn(id, staffId, knex);
  if (!view) throw new NotFoundError();
  await MemberView.query(knex).deleteById(view.id);
  return view;
}

async function unlessTaken(write: () => PromiseLike<MemberView>): Promise<MemberView> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof UniqueViolationError) throw new ValidationError({ name: 'workbench:problem.viewTaken' });
    throw error;
  }
}

/** Why this reader's list would refuse the view: a catalogue key, or null for one that works. */
export async function viewProblem({ knex }: Context, view: MemberView, reader: MemberReader): Promise<string | null> {
  try {
    await readMemberQuery(parse(view.query), reader, knex);
    return null;
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return Object.values(error.fields)[0] ?? 'list:problem.title';
  }
}

/** How many members a view shows this reader now; null for one that the list refuses. */
export async function countView(
  { knex }: Context,
  view: MemberView,
  reader: MemberReader,
): Promise<{ count: number; capped: boolean } | null> {
  try {
    const { filter } = await readMemberQuery(parse(view.query), reader, knex);
    return await PatreonMember.countMatching(filter, knex, MOST_COUNTED);
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return null;
  }
}
