import type { Knex } from 'knex';
import type { BulkAction } from './draft-bulk.schemas';
import { isPlannable } from './draft-plan.service';
import { type DraftState, mayMove } from './draft-states';

/** Why a draft is left out. */
export type LeftOut = 'gone' | 'state' | 'undated' | 'same';

export interface ChosenDraft {
  id: number;
  title: string;
  state: DraftState;
  planned_for: string | null;
  version: number;
}

export interface BulkChoice {
  fit: ChosenDraft[];
  left: { reason: LeftOut; drafts: Pick<ChosenDraft, 'id' | 'title'>[] }[];
}

/** Drafts that are past review are no longer sorted by hand, and whatever a batch does can be undone by a legal move. */
const SORTED: readonly DraftState[] = ['idea', 'draft', 'in_review', 'ready'];

/** Which of these drafts the action would change, and why not the others. */
export async function chooseDrafts(ids: readonly number[], action: BulkAction, db: Knex): Promise<BulkChoice> {
  return sortDrafts(ids, await readDrafts(ids, db, ''), action);
}

/** The live ones among these, by id. */
export async function readDrafts(ids: readonly number[], db: Knex, lock: '' | 'for update'): Promise<ChosenDraft[]> {
  const { rows } = await db.raw<{ rows: ChosenDraft[] }>(
    `select id, title, state, planned_for, version from post_drafts
      where id = any(?::bigint[]) and deleted_at is null order by id ${lock}`,
    [[...ids]],
  );
  return rows;
}

/** Each where it belongs; those that were not found are gone. */
export function sortDrafts(ids: readonly number[], drafts: readonly ChosenDraft[], action: BulkAction): BulkChoice {
  const fit: ChosenDraft[] = [];
  const left = new Map<LeftOut, Pick<ChosenDraft, 'id' | 'title'>[]>();
  const leave = (reason: LeftOut, draft: Pick<ChosenDraft, 'id' | 'title'>) =>
    left.set(reason, [...(left.get(reason) ?? []), draft]);
  for (const id of ids) {
    const draft = drafts.find((one) => one.id === id);
    const reason = draft ? reasonAgainst(draft, action) : 'gone';
    if (draft && !reason) fit.push(draft);
    else if (reason) leave(reason, draft ?? { id, title: '' });
  }
  return { fit, left: [...left].map(([reason, list]) => ({ reason, drafts: list })) };
}

function reasonAgainst({ state, planned_for }: ChosenDraft, action: BulkAction): LeftOut | undefined {
  if (action === 'delete') return undefined;
  if (action === 'idea' || action === 'draft') {
    if (state === action) return 'same';
    return SORTED.includes(state) && mayMove(state, action) ? undefined : 'state';
  }
  if (!isPlannable(state)) return 'state';
  return action === 'shift' && planned_for === null ? 'undated' : undefined;
}
