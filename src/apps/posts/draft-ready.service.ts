import type { Context } from '../../context';
import { PostDraft } from './draft.model';
import { moveDraft } from './draft-moves.service';
import { isEditable } from './draft-states';
import { stopsReady } from './preflight';
import { preflight } from './preflight.service';

/**
 * Calls a draft ready if the check before it finds nothing at all: warnings are looked at on its page. Answers whether
 * it is ready now.
 */
export async function callReady(context: Context, draftId: number, staffId: number): Promise<boolean> {
  const draft = await PostDraft.findLive(draftId, context.knex);
  if (!draft) return false;
  if (!isEditable(draft.state)) return draft.state === 'ready';
  if (stopsReady(await preflight(context, draft), false)) return false;
  await context.knex.transaction(async (trx) => {
    const now = context.clock.now();
    const move = { draftId, staffId, version: draft.version, now };
    // An idea becomes a draft before it can be ready.
    if (draft.state === 'idea') await moveDraft(trx, { ...move, to: 'draft' });
    await moveDraft(trx, { ...move, to: 'ready' });
  });
  return true;
}
