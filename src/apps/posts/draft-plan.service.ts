import type { Knex } from 'knex';
import type { Context } from '../../context';
import { NotFoundError, ValidationError } from '../../errors';
import { PostDraft } from './draft.model';
import type { DraftState } from './draft-states';
import { PostDraftVersion } from './draft-version.model';

/** What is handed off was told to Patreon with its time; what is published has one. */
const PLANNABLE: readonly DraftState[] = ['idea', 'draft', 'in_review', 'ready'];

export const isPlannable = (state: DraftState): boolean => PLANNABLE.includes(state);

export interface DraftPlan {
  id: number;
  planned_for: string | null;
}

/** A draft that got another time: its new version, and the time before. */
export interface ReplannedDraft extends DraftPlan {
  version: number;
  before: string | null;
}

/**
 * Gives drafts another time, each as a new version; their states stay, because nobody reviewed the day. Drafts that are
 * gone, past planning or planned so already are passed over: who asks finds in the answer which were not.
 */
export async function planDrafts(
  trx: Knex.Transaction,
  plans: readonly DraftPlan[],
  { staffId, now }: { staffId: number | null; now: Date },
): Promise<ReplannedDraft[]> {
  const bindings = {
    ids: plans.map(({ id }) => id),
    times: plans.map(({ planned_for }) => planned_for),
    states: PLANNABLE,
    staffId,
    now: now.toISOString(),
  };
  // A statement of its own: the next one must see the versions of whoever held these locks.
  await trx.raw('select from post_drafts where id = any(:ids::bigint[]) order by id for update', bindings);
  const { rows } = await trx.raw<{ rows: ReplannedDraft[] }>(REPLAN, bindings);
  return rows;
}

const REPLAN = `
  with wanted as (
    select d.id, w.planned_for, d.planned_for as before
      from unnest(:ids::bigint[], :times::timestamptz[]) as w (id, planned_for)
      join post_drafts d using (id)
     where d.deleted_at is null and d.state = any(:states) and d.planned_for is distinct from w.planned_for
  ), planned as (
    update post_drafts d
       set planned_for = w.planned_for, saved_by = :staffId, saved_at = :now,
           version = (select coalesce(max(v.version), 0) + 1 from post_draft_versions v where v.draft_id = d.id)
      from wanted w where d.id = w.id
    returning d.*
  ), kept as (
    insert into post_draft_versions (draft_id, version, kind, title, content, is_paid, is_public, min_cents_pledged_to_view,
                                     tiers, planned_for, tags, cover_id, notes, saved_by, saved_at)
    select id, version, 'saved', title, content, is_paid, is_public, min_cents_pledged_to_view,
           tiers, planned_for, tags, cover_id, notes, saved_by, saved_at from planned
  )
  select p.id, p.version, p.planned_for, w.before from planned p join wanted w using (id) order by p.id`;

/**
 * Plans one draft. Answers undefined when it is planned for that time already.
 * @throws NotFoundError, and ValidationError for a draft that is past planning
 */
export async function planDraft(
  { knex, clock }: Context,
  plan: DraftPlan,
  staffId: number,
): Promise<ReplannedDraft | undefined> {
  return knex.transaction(async (trx) => {
    const draft = await PostDraft.lockLive(plan.id, trx);
    if (!draft) throw new NotFoundError();
    if (!isPlannable(draft.state)) throw new ValidationError({ planned_for: 'planning:problem.past_planning' });
    const [planned] = await planDrafts(trx, [plan], { staffId, now: clock.now() });
    return planned;
  });
}

/** Plans a draft as one of its versions had it. */
export async function planAsVersion(context: Context, draftId: number, version: number, staffId: number) {
  const before = await PostDraftVersion.find(draftId, version, context.knex);
  if (!before) throw new NotFoundError();
  return planDraft(context, { id: draftId, planned_for: before.planned_for }, staffId);
}
