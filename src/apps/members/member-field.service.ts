import type { Knex } from 'knex';
import { UniqueViolationError } from 'objection';
import type { Context } from '../../context';
import { NotFoundError, ValidationError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { MemberAction } from './member-action.model';
import { MemberField, MOST_FIELDS } from './member-field.model';

/** @throws ValidationError for a name that exists, and when there are as many fields as there may be */
export async function addField({ knex }: Context, name: string, actor: Actor): Promise<void> {
  await named(() =>
    knex.transaction(async (trx) => {
      const fields = await MemberField.query(trx).resultSize();
      if (fields >= MOST_FIELDS) throw new ValidationError({ name: 'dossier:problem.tooManyFields' });
      const { id } = await MemberField.query(trx).insert({ name }).returning('id');
      await audit(trx, actor, 'created', { id, name });
    }),
  );
}

/** @throws NotFoundError, and ValidationError for another field's name */
export async function renameField({ knex }: Context, id: number, name: string, actor: Actor): Promise<void> {
  await named(() =>
    knex.transaction(async (trx) => {
      if ((await MemberField.query(trx).patch({ name }).where({ id })) === 0) throw new NotFoundError();
      await audit(trx, actor, 'renamed', { id, name });
    }),
  );
}

/** Removes the field and every value of it. @throws NotFoundError */
export async function deleteField({ knex }: Context, id: number, actor: Actor): Promise<MemberField> {
  return knex.transaction(async (trx) => {
    const field = await MemberField.query(trx).findById(id).forUpdate();
    if (!field) throw new NotFoundError();
    await field.$query(trx).delete();
    await audit(trx, actor, 'deleted', field);
    return field;
  });
}

/**
 * Stores the values of one member: a text by field id, an empty one removes it. Fields that are not named stay as they
 * are, and so do those that somebody has deleted since the form was opened.
 */
export async function saveFieldValues(
  { knex }: Context,
  memberId: number,
  values: ReadonlyMap<number, string>,
  staffId: number,
): Promise<void> {
  await knex.transaction(async (trx) => {
    const { rows } = await trx.raw<{ rows: { field_id: number }[] }>(
      `with given as (
         select f.id as field_id, given.value
           from jsonb_to_recordset(:given::jsonb) as given (id integer, value text) join member_fields f on f.id = given.id
       ), removed as (
         delete from member_field_values v using given
          where v.member_id = :memberId and v.field_id = given.field_id and given.value = ''
         returning v.field_id
       ), stored as (
         insert into member_field_values as v (member_id, field_id, value)
         select :memberId, field_id, value from given where value <> ''
         on conflict (member_id, field_id) do update set value = excluded.value where v.value <> excluded.value
         returning v.field_id
       )
       select field_id from removed union all select field_id from stored order by field_id`,
      { memberId, given: JSON.stringify([...values].map(([id, value]) => ({ id, value }))) },
    );
    if (rows.length === 0) return;
    const details = { field_ids: rows.map(({ field_id }) => field_id) };
    await MemberAction.record(trx, { memberId, staffId, action: 'field.changed', details });
  });
}

async function named(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof UniqueViolationError) throw new ValidationError({ name: 'dossier:problem.fieldTaken' });
    throw error;
  }
}

function audit(trx: Knex.Transaction, actor: Actor, done: string, { id, name }: Pick<MemberField, 'id' | 'name'>) {
  const subject = { type: 'member_field', id };
  return recordAudit(trx, { ...actor, action: `member_field.${done}`, subject, details: { name } });
}
