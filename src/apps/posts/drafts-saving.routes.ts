import { type Request, Router } from 'express';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { formMessages } from '../../http/form-messages';
import { parseForm } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import type { DraftContent } from './draft.model';
import { chosenContent, showConflict } from './draft-conflict';
import { checkWritten, formStateOf, readDraftForm, typedState } from './draft-form';
import { showDraftForm } from './draft-form-page';
import { fieldNames, staffName } from './draft-page';
import { noteEditor, otherEditors } from './draft-presence.service';
import { callReady } from './draft-ready.service';
import type { DraftState } from './draft-states';
import { PostDraftVersion } from './draft-version.model';
import { actionForm, type DraftAction, versionForm } from './drafts.schemas';
import { type SaveOutcome, saveDraft } from './drafts.service';
import { type FoundDraft, findDraft } from './workflow-place';

/** Writing in a draft that exists: its form, saving, saving by itself, and who else is at it. */
export function savingRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.get('/patreon/posts/:id/edit/', allow('posts.write'), async (req, res, next) => {
    const found = await findDraft(req, context);
    // A post that is live is told apart from a new version of it.
    if (!found || found.draft.state === 'published' || found.draft.state === 'drifted') return next();
    const staffId = actorOf(req).staffId as number;
    const [values, editorNames] = await Promise.all([
      formStateOf(found.draft, found.campaign, knex),
      noteEditor(context, found.draft.id, staffId),
    ]);
    await showDraftForm(req, res, context, { ...found, values, editorNames });
  });

  router.post('/patreon/posts/:id/edit/', allow('posts.write'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    try {
      const { action } = parseForm(actionForm, req.body ?? {});
      const { version, content } = await readSave(req, found);
      checkWritten(content, action);
      const actor = actorOf(req);
      const outcome = await saveDraft(context, {
        draftId: found.draft.id,
        baseVersion: version,
        content,
        actor,
        kind: 'saved',
        isBegun: action === 'draft',
      });
      if (!outcome.isSaved) {
        await showConflict(req, res, context, { campaign: found.campaign, outcome, content, baseVersion: version });
        return;
      }
      res.redirect(303, await afterSave(req, context, outcome, action));
    } catch (error) {
      const errors = formMessages(req, error);
      const editorNames = await otherEditors(context, found.draft.id, actorOf(req).staffId as number);
      const page = { ...found, values: typedState(req), errors, version: typedVersion(req), editorNames };
      await showDraftForm(req, res, context, page, 422);
    }
  });

  router.post('/patreon/posts/:id/autosave/', allow('posts.write'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    const { version, seenState, content } = await readSave(req, found);
    const save = { draftId: found.draft.id, baseVersion: version, content, seenState, actor: actorOf(req) };
    const outcome = await saveDraft(context, { ...save, kind: 'autosaved' });
    const { draft } = outcome;
    if (outcome.isSaved) {
      res.json({ version: outcome.version, saved_at: draft.saved_at, state: draft.state });
      return;
    }
    const theirs = await formStateOf(draft, found.campaign, knex);
    const savedBy = await staffName(req, draft.saved_by, context);
    res.status(409).json({
      version: outcome.version,
      saved_at: draft.saved_at,
      saved_by: savedBy,
      kept_as: outcome.asideVersion,
      fields: outcome.conflicts,
      moved: outcome.isMoved,
      theirs,
    });
  });

  router.post('/patreon/posts/:id/presence/', allow('posts.write'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    const names = await noteEditor(context, found.draft.id, actorOf(req).staffId as number);
    res.json({ editors: names.map((name) => ({ name })), version: found.draft.version });
  });

  /** The base version, and the text that was written over it. */
  async function readSave(
    req: Request,
    { draft, campaign }: FoundDraft,
  ): Promise<{ version: number; seenState: DraftState | undefined; content: DraftContent }> {
    const { version, began_with, state: seenState } = parseForm(versionForm, req.body ?? {});
    const base = await PostDraftVersion.find(draft.id, version, knex);
    const content = await readDraftForm(req.body, campaign, base ?? draft, knex);
    if (!base || began_with === undefined) return { version, seenState, content };
    const begin = await PostDraftVersion.find(draft.id, began_with, knex);
    return { version, seenState, content: chosenContent(req.body, content, base, begin) };
  }

  return router;
}

/** Says what happened to a text that was saved, calls it ready if that was asked for, and answers where to go from there. */
export async function afterSave(
  req: Request,
  context: Context,
  { draft, version, isNew, isBegun, taken, takenFrom }: SaveOutcome & { isSaved: true },
  action: DraftAction,
): Promise<string> {
  const here = `/patreon/posts/${draft.id}/`;
  if (taken.length > 0) req.flash('info', req.t('drafts:saved.merged', { fields: fieldNames(req, taken) }));
  if (takenFrom) req.flash('warning', req.t('drafts:saved.takenBack', { state: req.t(`shared:draft.${takenFrom}`) }));
  if (action === 'ready') {
    const isReady = await callReady(context, draft.id, actorOf(req).staffId as number);
    req.flash(isReady ? 'success' : 'warning', req.t(isReady ? 'drafts:saved.ready' : 'drafts:saved.notReady'));
    return here;
  }
  const begun = draft.state === 'idea' ? 'drafts:saved.idea' : 'drafts:saved.new';
  const said = isBegun || (isNew && version === 1) ? begun : isNew ? 'drafts:saved.changed' : 'drafts:saved.same';
  if (taken.length === 0 && !takenFrom) req.flash('success', req.t(said));
  return `${here}edit/`;
}

/**
 * What the form said, to say it again. A choice between two texts that is refused shows the writer's own once more, which
 * was written over what both began with: the next save has to meet the other text again.
 */
function typedVersion(req: Request): number | undefined {
  const { version: over, began_with } = (req.body ?? {}) as Record<string, unknown>;
  const version = began_with ?? over;
  return typeof version === 'string' && /^[1-9]\d{0,8}$/.test(version) ? Number(version) : undefined;
}
