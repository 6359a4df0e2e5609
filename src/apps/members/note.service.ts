import type { Knex } from 'knex';
import type { Context } from '../../context';
import { ForbiddenError, NotFoundError } from '../../errors';
import { MemberAction } from './member-action.model';
import { MemberNote } from './note.model';

/** Until then whoever deleted a note is offered to bring it back. */
export const UNDO_MS = 15 * 60_000;
/** Until then a deleted note is kept. */
const KEPT_MS = 24 * 3_600_000;

/** Who writes. Staff change their own notes, and some change any. */
export interface NoteAuthor {
  id: number;
  changesAny: boolean;
}

export interface NotePlace {
  memberId: number;
  noteId: number;
}

export const mayChangeNote = (note: MemberNote, { id, changesAny }: NoteAuthor): boolean =>
  changesAny || note.author_id === id;

export async function addNote({ knex }: Context, memberId: number, body: string, author: NoteAuthor): Promise<number> {
  return knex.transaction(async (trx) => {
    const note = await MemberNote.query(trx)
      .insert({ member_id: memberId, author_id: author.id, body })
      .returning('id');
    await record(trx, { memberId, noteId: note.id }, 'note.added', author);
    return note.id;
  });
}

/** @throws NotFoundError, and ForbiddenError for somebody else's note */
export async function editNote(context: Context, place: NotePlace, body: string, author: NoteAuthor): Promise<void> {
  await change(context, place, author, async (note, trx) => {
    if (note.body === body) return;
    await note.$query(trx).patch({ body, edited_at: context.clock.now().toISOString() });
    await record(trx, place, 'note.edited', author);
  });
}

/** Everybody who writes notes decides which stand first. @throws NotFoundError */
export async function pinNote({ knex }: Context, { memberId, noteId }: NotePlace, pinned: boolean): Promise<void> {
  const changed = await MemberNote.query(knex)
    .patch({ pinned })
    .where({ id: noteId, member_id: memberId })
    .whereNull('deleted_at');
  if (changed === 0) throw new NotFoundError();
}

/** Takes a note away; it can be brought back while it is kept. @throws NotFoundError, and ForbiddenError for somebody else's note */
export async function deleteNote(context: Context, place: NotePlace, author: NoteAuthor): Promise<void> {
  const now = context.clock.now();
  await change(context, place, author, async (note, trx) => {
    await note.$query(trx).patch({ deleted_at: now.toISOString(), deleted_by: author.id });
    await record(trx, place, 'note.deleted', author);
  });
}

/** Removes for good the deleted notes that were kept long enough; answers how many. */
export async function removeDeletedNotes({ knex, clock }: Context): Promise<number> {
  return MemberNote.query(knex)
    .delete()
    .where('deleted_at', '<', new Date(clock.now().getTime() - KEPT_MS).toISOString());
}

/** Brings back what this person has deleted; doing it twice changes nothing. @throws NotFoundError once it is removed */
export async function restoreNote({ knex }: Context, place: NotePlace, author: NoteAuthor): Promise<void> {
  await knex.transaction(async (trx) => {
    const note = await MemberNote.query(trx).findById(place.noteId).where('member_id', place.memberId).forUpdate();
    if (!note) throw new NotFoundError();
    if (note.deleted_at === null) return;
    if (note.deleted_by !== author.id && !author.changesAny) throw new ForbiddenError();
    await note.$query(trx).patch({ deleted_at: null, deleted_by: null });
    await record(trx, place, 'note.restored', author);
  });
}

async function change(
  { knex }: Context,
  { memberId, noteId }: NotePlace,
  author: NoteAuthor,
  work: (note: MemberNote, trx: Knex.Transaction) => Promise<void>,
): Promise<void> {
  await knex.transaction(async (trx) => {
    const note = await MemberNote.query(trx).findById(noteId).where('member_id', memberId).forUpdate();
    if (!note || note.deleted_at !== null) throw new NotFoundError();
    if (!mayChangeNote(note, author)) throw new ForbiddenError();
    await work(note, trx);
  });
}

function record(trx: Knex.Transaction, { memberId, noteId }: NotePlace, action: string, { id }: NoteAuthor) {
  return MemberAction.record(trx, { memberId, staffId: id, action, details: { note_id: noteId } });
}
