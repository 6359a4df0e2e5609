import type { Knex } from 'knex';
import type { Clock, Context } from '../../context';
import { NotFoundError } from '../../errors';
import type { Actor } from '../accounts/audit.service';
import { type DraftContent, PostDraft } from './draft.model';
import { changedFields, contentOf, type DraftField, mergeContent } from './draft-content';
import { moveDraft } from './draft-moves.service';
import { type DraftState, isEditable, isOut } from './draft-states';
import { PostDraftVersion } from './draft-version.model';

export interface DraftSave {
  draftId: number;
  /** The version that the text was written over. */
  baseVersion: number;
  content: DraftContent;
  actor: Actor;
  kind: 'saved' | 'autosaved';
  /** The state that the form showed: a form that saves by itself takes nothing back that has gone out since. */
  seenState?: DraftState | undefined;
  /** An idea becomes a draft with it, changed or not. */
  isBegun?: boolean;
}

export type SaveOutcome =
  | {
      isSaved: true;
      /** Holds the text now. */
      version: number;
      isNew: boolean;
      /** It was an idea until now. */
      isBegun: boolean;
      /** What somebody else had changed meanwhile, which is kept as well. */
      taken: DraftField[];
      /** The state out of which the draft was taken back by the change. */
      takenFrom: DraftState | null;
      draft: PostDraft;
    }
  /** Somebody else had saved `version`, or `isMoved`: the draft has gone out. The text that was sent is kept aside. */
  | {
      isSaved: false;
      version: number;
      asideVersion: number;
      conflicts: DraftField[];
      isMoved: boolean;
      draft: PostDraft;
    };

/**
 * Saves what somebody wrote. A text that changes nothing makes no version, so repeating a request is harmless. What two
 * people changed in different fields comes together by itself; a conflict changes nothing of the draft. A draft that is
 * past review is taken back to `draft` by the change. @throws NotFoundError
 */
export async function saveDraft({ knex, clock }: Context, save: DraftSave): Promise<SaveOutcome> {
  return knex.transaction(async (trx) => {
    const draft = await PostDraft.lockLive(save.draftId, trx);
    if (!draft) throw new NotFoundError();
    return saveLocked(trx, draft, save, clock);
  });
}

/** The same in the caller's transaction, which holds the draft locked. */
export async function saveLocked(
  trx: Knex.Transaction,
  draft: PostDraft,
  save: DraftSave,
  clock: Clock,
): Promise<SaveOutcome> {
  const isStale = save.baseVersion !== draft.version;
  const base = isStale ? await PostDraftVersion.find(save.draftId, save.baseVersion, trx) : draft;
  const { content, taken, conflicts } = mergeContent(base, save.content, draft);
  // Whoever saves by itself would not see what was taken over, and undo it with the next save.
  const isUnseen = save.kind === 'autosaved' && taken.length > 0;
  const isMoved =
    save.kind === 'autosaved' &&
    isOut(draft.state) &&
    save.seenState !== draft.state &&
    changedFields(draft, content).length > 0;
  if (conflicts.length > 0 || isUnseen || isMoved) {
    const asideVersion = await keepAside(trx, draft, save, clock);
    const unseen = isUnseen ? [...conflicts, ...taken] : conflicts;
    return { isSaved: false, version: draft.version, asideVersion, conflicts: unseen, isMoved, draft };
  }
  const from = draft.state;
  const isNew = await write(trx, draft, { ...save, content }, clock);
  const takenFrom = draft.state === from ? null : from;
  if (!isNew && save.kind === 'saved') await vouchFor(trx, draft, save.actor);
  const isBegun = save.isBegun === true && draft.state === 'idea';
  if (isBegun) await begin(trx, draft, save.actor, clock);
  return { isSaved: true, version: draft.version, isNew, isBegun, taken, takenFrom, draft };
}

/** Somebody saves by hand what their browser had saved by itself just before: the history lists it like any other save. */
async function vouchFor(trx: Knex.Transaction, { id, version }: PostDraft, actor: Actor): Promise<void> {
  await PostDraftVersion.query(trx)
    .patch({ kind: 'saved' })
    .where({ draft_id: id, version, kind: 'autosaved', saved_by: actor.staffId ?? null });
}

async function begin(trx: Knex.Transaction, draft: PostDraft, actor: Actor, clock: Clock): Promise<void> {
  await moveDraft(trx, { draftId: draft.id, to: 'draft', staffId: actor.staffId ?? null, now: clock.now() });
  draft.state = 'draft';
}

/** Changes some fields of the text as it is, whoever is writing in it: their next save brings both together. @throws NotFoundError */
export async function changeDraft(
  trx: Knex.Transaction,
  { draftId, change, actor }: { draftId: number; change: Partial<DraftContent>; actor: Actor },
  clock: Clock,
): Promise<{ version: number; isNew: boolean }> {
  const draft = await PostDraft.lockLive(draftId, trx);
  if (!draft) throw new NotFoundError();
  const content = { ...contentOf(draft), ...change };
  const isNew = await write(trx, draft, { content, actor, kind: 'saved' }, clock);
  return { version: draft.version, isNew };
}

/** Makes an old text the draft's again, as a new version: the present one stays in the history. @throws NotFoundError */
export async function restoreVersion(
  { knex, clock }: Context,
  { draftId, version, actor }: { draftId: number; version: number; actor: Actor },
): Promise<{ version: number; isNew: boolean }> {
  return knex.transaction(async (trx) => {
    const draft = await PostDraft.lockLive(draftId, trx);
    const old = draft && (await PostDraftVersion.find(draftId, version, trx));
    if (!draft || !old) throw new NotFoundError();
    const isNew = await write(trx, draft, { content: old, actor, kind: 'restored', restoredFrom: version }, clock);
    return { version: draft.version, isNew };
  });
}

interface Writing {
  content: DraftContent;
  actor: Actor;
  kind: PostDraftVersion['kind'];
  restoredFrom?: number;
}

/** Writes the draft and its version, if anything differs; `draft` is up to date afterwards. */
async function write(
  trx: Knex.Transaction,
  draft: PostDraft,
  { content, actor, kind, restoredFrom }: Writing,
  clock: Clock,
): Promise<boolean> {
  if (changedFields(draft, content).length === 0) return false;
  const staffId = actor.staffId ?? null;
  if (!isEditable(draft.state)) {
    await moveDraft(trx, { draftId: draft.id, to: 'draft', staffId, now: clock.now() });
    draft.state = 'draft';
  }
  const now = clock.now().toISOString();
  const version = await nextVersion(trx, draft.id);
  await draft.$query(trx).patch({ ...contentOf(content), version, saved_by: staffId, saved_at: now });
  await addVersion(trx, draft, { version, content, kind, by: staffId, now, restoredFrom });
  return true;
}

/** Two people's text, neither of which is the draft's: the one that came later. The same one is kept once. */
async function keepAside(trx: Knex.Transaction, draft: PostDraft, save: DraftSave, clock: Clock): Promise<number> {
  const by = save.actor.staffId ?? null;
  const last = await PostDraftVersion.query(trx)
    .where({ draft_id: draft.id, saved_by: by })
    .where('version', '>', save.baseVersion)
    .orderBy('version', 'desc')
    .first();
  if (last && changedFields(last, save.content).length === 0) return last.version;
  const version = await nextVersion(trx, draft.id);
  const { content, kind } = save;
  await addVersion(trx, draft, { version, content, kind, by, now: clock.now().toISOString(), isAside: true });
  return version;
}

/** Versions are numbered through, those kept aside as well; the draft's lock makes it the next one. */
async function nextVersion(trx: Knex.Transaction, draftId: number): Promise<number> {
  const [last] = await trx('post_draft_versions')
    .max<{ last: number }[]>('version as last')
    .where({ draft_id: draftId });
  return (last?.last ?? 0) + 1;
}

interface VersionRow {
  version: number;
  content: DraftContent;
  kind: PostDraftVersion['kind'];
  by: number | null;
  now: string;
  restoredFrom?: number | undefined;
  isAside?: boolean;
}

/** Keeps a text; the caller has drawn its number. */
export async function addVersion(trx: Knex.Transaction, draft: PostDraft, row: VersionRow): Promise<void> {
  await PostDraftVersion.query(trx).insert({
    ...contentOf(row.content),
    draft_id: draft.id,
    version: row.version,
    kind: row.kind,
    restored_from: row.restoredFrom ?? null,
    is_aside: row.isAside ?? false,
    saved_by: row.by,
    saved_at: row.now,
  });
}
