import type { Knex } from 'knex';
import { Staff } from '../accounts/staff.model';
import { MemberFollowUp } from './follow-up.model';
import { listFollowUpOwners } from './follow-up.service';
import { Label } from './label.model';
import { MemberField } from './member-field.model';
import { MemberNote } from './note.model';
import { mayChangeNote, type NoteAuthor, UNDO_MS } from './note.service';
import { noteHtml } from './note-html';

/** More of them are in the timeline. */
export const NOTES_SHOWN = 20;

/** What staff keep about a member. */
export interface Dossier {
  labels: Label[];
  /** Undefined for those who do not write it: only the labels are for everybody. */
  written?: WrittenDossier;
}

export interface WrittenDossier {
  /** Words to choose from. */
  knownLabels: Label[];
  notes: ShownNote[];
  hasMoreNotes: boolean;
  /** What this reader has just deleted, and may want back. */
  deletedNotes: MemberNote[];
  followUp: MemberFollowUp | undefined;
  /** Those who can be asked. */
  owners: Staff[];
  fields: { id: number; name: string; value: string }[];
  /** Of everybody named above who still works here. */
  names: Map<number | null, string>;
}

export interface ShownNote {
  note: MemberNote;
  /** Safe to print raw. */
  html: string;
  /** Whether this reader may edit and delete it. */
  isChangeable: boolean;
}

export async function readDossier(
  memberId: number,
  { reader, writes, now }: { reader: NoteAuthor; writes: boolean; now: Date },
  knex: Knex,
): Promise<Dossier> {
  const [labels, written] = await Promise.all([
    Label.listOfMember(memberId, knex),
    writes ? readWritten(memberId, { reader, now }, knex) : undefined,
  ]);
  return { labels, ...(written && { written }) };
}

async function readWritten(
  memberId: number,
  { reader, now }: { reader: NoteAuthor; now: Date },
  knex: Knex,
): Promise<WrittenDossier> {
  const since = new Date(now.getTime() - UNDO_MS);
  const [knownLabels, notes, deletedNotes, followUp, owners, fields, values] = await Promise.all([
    Label.listAll(knex),
    MemberNote.listOfMember(memberId, NOTES_SHOWN + 1, knex),
    MemberNote.listDeletedBy({ memberId, staffId: reader.id, since }, knex),
    MemberFollowUp.findByMember(memberId, knex),
    listFollowUpOwners(knex),
    MemberField.listAll(knex),
    MemberField.valuesOf(memberId, knex),
  ]);
  const named = [...notes.map(({ author_id }) => author_id), followUp?.owner_id, followUp?.set_by];
  return {
    knownLabels,
    notes: notes.slice(0, NOTES_SHOWN).map((note) => ({
      note,
      html: noteHtml(note.body),
      isChangeable: mayChangeNote(note, reader),
    })),
    hasMoreNotes: notes.length > NOTES_SHOWN,
    deletedNotes,
    followUp,
    owners,
    fields: fields.map(({ id, name }) => ({ id, name, value: values.get(id) ?? '' })),
    names: await staffNames(named, knex),
  };
}

async function staffNames(ids: readonly (number | null | undefined)[], knex: Knex): Promise<WrittenDossier['names']> {
  const known = [...new Set(ids)].filter((id) => typeof id === 'number');
  const staff = known.length > 0 ? await Staff.query(knex).select('id', 'name').findByIds(known) : [];
  return new Map(staff.map(({ id, name }) => [id, name]));
}
