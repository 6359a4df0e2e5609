import type { Knex } from 'knex';
import type { Clock, Context } from '../../context';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { type DraftContent, PostDraft } from './draft.model';
import { contentOf } from './draft-content';
import { addVersion, type SaveOutcome, saveLocked } from './drafts.service';

export interface NewDraft {
  campaignId: number;
  content: DraftContent;
  actor: Actor;
  state?: 'idea' | 'draft';
  /** The mirrored post that it is a revision of. */
  postId?: number | undefined;
}

/** Makes a draft and its first version. */
export async function createDraft(context: Context, draft: NewDraft): Promise<PostDraft> {
  return context.knex.transaction((trx) => createDraftIn(trx, draft, context.clock));
}

/** The same in the caller's transaction. */
export async function createDraftIn(trx: Knex.Transaction, draft: NewDraft, clock: Clock): Promise<PostDraft> {
  return begin(trx, draft, await PostDraft.query(trx).insert(rowOf(draft, clock)).returning('*'));
}

/**
 * Makes the draft that a form asks for. The same form sent again is a save of the draft that it made, over that draft's
 * first text: it makes no second one, and may meet what was saved since.
 */
export async function createDraftByForm(
  { knex, clock }: Context,
  { formToken, ...draft }: NewDraft & { formToken: string | undefined },
): Promise<SaveOutcome> {
  return knex.transaction(async (trx) => {
    const row = { ...rowOf(draft, clock), form_token: formToken ?? null };
    const [inserted] = await PostDraft.query(trx).insert([row]).onConflict('form_token').ignore().returning('*');
    // What was not inserted comes back without an id.
    if (inserted?.id) return made(await begin(trx, draft, inserted));
    const known = await PostDraft.query(trx)
      .findOne({ form_token: formToken, campaign_id: draft.campaignId, created_by: draft.actor.staffId ?? null })
      .whereNull('deleted_at')
      .forUpdate();
    // The draft that the form made may be deleted, and its words are sent once more: they make another one.
    if (!known) return made(await createDraftIn(trx, draft, clock));
    const { content, actor } = draft;
    return saveLocked(trx, known, { draftId: known.id, baseVersion: 1, content, actor, kind: 'saved' }, clock);
  });
}

const made = (draft: PostDraft): SaveOutcome => ({
  isSaved: true,
  version: 1,
  isNew: true,
  isBegun: false,
  taken: [],
  takenFrom: null,
  draft,
});

function rowOf({ campaignId, content, actor, state = 'draft', postId }: NewDraft, clock: Clock) {
  const now = clock.now().toISOString();
  const by = actor.staffId ?? null;
  return {
    ...contentOf(content),
    campaign_id: campaignId,
    state,
    post_id: postId ?? null,
    created_by: by,
    created_at: now,
    saved_by: by,
    saved_at: now,
    state_by: by,
    state_at: now,
  };
}

async function begin(trx: Knex.Transaction, { content, actor }: NewDraft, draft: PostDraft): Promise<PostDraft> {
  const by = actor.staffId ?? null;
  await addVersion(trx, draft, { version: 1, content, kind: 'created', by, now: draft.created_at });
  await recordAudit(trx, { ...actor, action: 'draft.created', subject: { type: 'post', id: draft.id } });
  return draft;
}
