import type { Knex } from 'knex';
import { UniqueViolationError } from 'objection';
import type { Context } from '../../context';
import { NotFoundError, ValidationError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { Label, MOST_LABELS } from './label.model';

/**
 * The label of this name, made when there is none.
 * @throws ValidationError when there are as many labels as there may be
 */
export async function ensureLabel(trx: Knex.Transaction, name: string, actor: Actor): Promise<Label> {
  const known = await Label.findByName(name, trx);
  if (known) return known;
  const [{ count } = { count: 0 }] = await trx('labels').count<{ count: number }[]>('* as count');
  if (Number(count) >= MOST_LABELS) throw new ValidationError({ label: 'workbench:problem.tooManyLabels' });
  const { rows } = await trx.raw<{ rows: { id: number }[] }>(
    'insert into labels (name, created_by) values (?, ?) on conflict (lower(name)) do nothing returning id',
    [name, actor.staffId ?? null],
  );
  const id = rows[0]?.id;
  // Made by somebody else between the look and the insertion.
  if (id === undefined) return (await Label.findByName(name, trx)) as Label;
  await recordAudit(trx, { ...actor, action: 'label.created', subject: { type: 'label', id }, details: { name } });
  return (await Label.findById(id, trx)) as Label;
}

/** @throws ValidationError for a name that exists */
export async function createLabel({ knex }: Context, name: string, actor: Actor): Promise<Label> {
  return knex.transaction(async (trx) => {
    if (await Label.findByName(name, trx)) throw new ValidationError({ label: 'workbench:problem.labelTaken' });
    return ensureLabel(trx, name, actor);
  });
}

/** @throws ValidationError for another label's name */
export async function renameLabel({ knex }: Context, id: number, name: string, actor: Actor): Promise<Label> {
  try {
    return await knex.transaction(async (trx) => {
      const label = await Label.query(trx).patchAndFetchById(id, { name });
      if (!label) throw new NotFoundError();
      await recordAudit(trx, { ...actor, action: 'label.renamed', subject: { type: 'label', id }, details: { name } });
      return label;
    });
  } catch (error) {
    if (error instanceof UniqueViolationError) throw new ValidationError({ label: 'workbench:problem.labelTaken' });
    throw error;
  }
}

/** Puts a label on one member; a new word becomes a label. Repeating it does nothing and leaves no action. */
export async function labelMember({ knex }: Context, memberId: number, name: string, actor: Actor): Promise<Label> {
  return knex.transaction(async (trx) => {
    const label = await ensureLabel(trx, name, actor);
    await trx.raw(
      `with added as (
         insert into member_labels (label_id, member_id, added_by) values (:label, :memberId, :staff)
         on conflict do nothing returning member_id)
       insert into member_actions (member_id, staff_id, action, details)
       select member_id, :staff, 'label.added', :details::jsonb from added`,
      { label: label.id, memberId, staff: actor.staffId ?? null, details: labelDetails(label) },
    );
    return label;
  });
}

/** Takes a label off one member; one that is not there is no failure. */
export async function unlabelMember({ knex }: Context, memberId: number, label: Label, actor: Actor): Promise<void> {
  await knex.raw(
    `with removed as (delete from member_labels where label_id = :label and member_id = :memberId returning member_id)
     insert into member_actions (member_id, staff_id, action, details)
     select member_id, :staff, 'label.removed', :details::jsonb from removed`,
    { label: label.id, memberId, staff: actor.staffId ?? null, details: labelDetails(label) },
  );
}

/** The word goes with the id: a timeline tells it after the label is renamed or gone. */
export function labelDetails({ id, name }: Pick<Label, 'id' | 'name'>): string {
  return JSON.stringify({ label_id: id, label: name });
}
