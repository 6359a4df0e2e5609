import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { ownPath } from '../../http/own-path';
import { parseForm, rowId } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { postsCrumbs } from './calendar-page';
import { type BulkAction, bulkForm, dayForm, shiftForm } from './draft-bulk.schemas';
import { applyToDrafts, type BulkOutcome, undoBatch } from './draft-bulk.service';
import { chooseDrafts } from './draft-bulk-choice';
import type { BulkArguments } from './draft-bulk-work';

const HERE = '/patreon/posts/bulk/';
const LIST = '/patreon/posts/#drafts';

/** An action on several drafts: first who is meant, then the action, then the way back. */
export function draftBulkRoutes(context: Context): Router {
  const router = Router();

  // Reloaded, or come to by the back button: what was chosen is known to the list alone.
  router.get([HERE, `${HERE}apply/`], allow('posts.write'), (_req, res) => res.redirect(303, LIST));

  router.post(HERE, allow('posts.write'), (req, res) => confirmPage(req, res));

  router.post(`${HERE}apply/`, allow('posts.write'), async (req, res) => {
    try {
      const { ids, action } = parseForm(bulkForm, req.body ?? {});
      const args = readArguments(req, action);
      tell(req, action, await applyToDrafts(context, { ids, action, args }, actorOf(req)));
      res.redirect(303, nextAddress(req));
    } catch (error) {
      await confirmPage(req, res, formMessages(req, error));
    }
  });

  router.post(`${HERE}:id/undo/`, allow('posts.write'), async (req, res) => {
    const { changed, left } = await undoBatch(context, rowId(req.params.id), actorOf(req));
    const text = req.t('draftBulk:undone', { count: changed, shown: String(changed) });
    const more = left > 0 ? ` ${req.t('draftBulk:notUndone', { count: left, shown: String(left) })}` : '';
    req.flash(left > 0 ? 'warning' : 'success', text + more);
    res.redirect(303, LIST);
  });

  /** With errors: again, with what was typed. A choice that makes no sense leads back to the list. */
  async function confirmPage(req: Request, res: Response, errors?: Record<string, string>): Promise<void> {
    const form = bulkForm.safeParse(req.body ?? {});
    if (!form.success) {
      const [issue] = form.error.issues;
      req.flash('error', req.t(issue?.message ?? 'draftBulk:problem.none'));
      res.redirect(303, nextAddress(req));
      return;
    }
    const { ids, action } = form.data;
    const choice = await chooseDrafts(ids, action, context.knex);
    const title = req.t(`draftBulk:action.${action}`);
    const shown = { title, section: 'posts', breadcrumbs: postsCrumbs(req, title), action, ids, choice };
    const typed = { errors: errors ?? {}, values: typedValues(req, ['days', 'day']), next: nextAddress(req) };
    res.view('planning/bulk', { ...shown, ...typed }, { status: errors ? 422 : 200 });
  }

  return router;
}

/** @throws ValidationError for what is missing */
function readArguments(req: Request, action: BulkAction): BulkArguments {
  if (action === 'shift') return parseForm(shiftForm, req.body ?? {});
  return action === 'plan' ? parseForm(dayForm, req.body ?? {}) : {};
}

/** What was done, what was left out and why, and the way back. */
function tell(req: Request, action: BulkAction, { batchId, changed, left, past }: BulkOutcome): void {
  const counted = (count: number) => ({ count, shown: String(count) });
  const reasons = left.map(({ reason, drafts }) => req.t(`draftBulk:left.${reason}`, counted(drafts.length)));
  const inPast = past > 0 ? [req.t('draftBulk:past', counted(past))] : [];
  const text = [req.t(`draftBulk:done.${action}`, counted(changed)), ...inPast, ...reasons].join(' ');
  const undo = { address: `${HERE}${batchId}/undo/`, label: req.t('draftBulk:undo') };
  const kind = changed === 0 || left.length > 0 || past > 0 ? 'warning' : 'success';
  req.flash(kind, text, changed > 0 ? undo : undefined);
}

const nextAddress = (req: Request): string => ownPath((req.body as Record<string, unknown> | undefined)?.next, LIST);
