import type { Context } from '../../context';

/** Whoever has a draft open says so several times within it. */
export const PRESENT_MS = 60_000;
const MOST_NAMES = 20;

/** Notes that somebody has a draft open. Answers who else does, by name. */
export async function noteEditor(context: Context, draftId: number, staffId: number): Promise<string[]> {
  const row = { draft_id: draftId, staff_id: staffId, seen_at: context.clock.now().toISOString() };
  await context.knex('post_draft_editors').insert(row).onConflict(['draft_id', 'staff_id']).merge();
  return otherEditors(context, draftId, staffId);
}

/** Who else had it open within the last minute. */
export async function otherEditors({ knex, clock }: Context, draftId: number, staffId: number): Promise<string[]> {
  const since = new Date(clock.now().getTime() - PRESENT_MS).toISOString();
  return knex('post_draft_editors')
    .join('staff', 'staff.id', 'post_draft_editors.staff_id')
    .where({ draft_id: draftId })
    .whereNot({ staff_id: staffId })
    .where('seen_at', '>', since)
    .orderBy('staff.name')
    .limit(MOST_NAMES)
    .pluck('staff.name');
}
