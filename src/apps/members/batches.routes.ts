import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { ConflictError, ForbiddenError } from '../../errors';
import { allow } from '../../http/allow';
import { rowId } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { Staff } from '../accounts/staff.model';
import { cancelBatch, findBatch, isRevertible, undoBatch } from './bulk.service';
import { Label } from './label.model';
import { MemberBatch } from './member-batch.model';

const HERE = '/patreon/members/batches/';
const SHOWN = 50;

/** Actions on many members: what was done, how far it came, stopping it and taking it back. */
export function batchesRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.get(HERE, allow('members.bulk'), async (req, res) => {
    const batches = await MemberBatch.listNewest(SHOWN, knex);
    const title = req.t('workbench:batch.title');
    const breadcrumbs = [membersCrumb(req), { label: title }];
    res.view('members/bulk-batches', {
      title,
      section: 'members',
      breadcrumbs,
      batches,
      names: await staffNames(knex),
    });
  });

  router.get(`${HERE}:id/`, allow('members.bulk'), (req, res) => batchPage(req, res));

  router.post(`${HERE}:id/cancel/`, allow('members.bulk'), async (req, res) => {
    const batch = await findBatch(context, rowId(req.params.id));
    mayDecide(req, batch);
    await cancelBatch(context, batch.id, actorOf(req));
    res.redirect(303, `${HERE}${batch.id}/`);
  });

  router.post(`${HERE}:id/undo/`, allow('members.bulk'), async (req, res) => {
    const batch = await findBatch(context, rowId(req.params.id));
    mayDecide(req, batch);
    try {
      const undo = await undoBatch(context, batch, actorOf(req));
      if (undo.isOpen) return res.redirect(303, `${HERE}${undo.id}/`);
      if (undo.changed > 0) req.flash('success', req.t('workbench:batch.undone', { count: undo.changed }));
      else req.flash('info', req.t('workbench:batch.nothingUndone'));
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      req.flash('error', req.t('workbench:batch.notRevertible'));
    }
    return res.redirect(303, `${HERE}${batch.id}/`);
  });

  async function batchPage(req: Request, res: Response): Promise<void> {
    const batch = await findBatch(context, rowId(req.params.id));
    const title = req.t('workbench:batch.titleOf', { id: batch.id });
    const crumb = { label: req.t('workbench:batch.title'), href: HERE };
    const undoneBy = await MemberBatch.findReverting(batch.id, knex);
    const locals = {
      title,
      section: 'members',
      breadcrumbs: [membersCrumb(req), crumb, { label: title }],
      batch,
      undoneBy,
      names: await staffNames(knex),
      mayUndo:
        (!undoneBy || undoneBy.isUnfinished) && isRevertible(batch, context.clock.now()) && isDecider(req, batch),
      hasLabel: (await Label.findById(batch.arguments.label_id ?? 0, knex)) !== undefined,
      unreverted: await MemberBatch.countUnreverted(batch, knex),
      mayCancel: batch.isOpen && batch.cancel_requested_at === null && isDecider(req, batch),
    };
    res.view('members/bulk-batch', locals, { fragment: 'members/bulk-progress' });
  }

  return router;
}

const membersCrumb = (req: Request) => ({ label: req.t('members:title'), href: '/patreon/members/' });

/** Whoever began it, and those who may take back anybody's. */
const isDecider = (req: Request, batch: MemberBatch) => batch.created_by === req.staff?.id || req.can('batches.undo');

function mayDecide(req: Request, batch: MemberBatch): void {
  if (!isDecider(req, batch)) throw new ForbiddenError();
}

async function staffNames(knex: Context['knex']): Promise<Map<number, string>> {
  return new Map((await Staff.listAll(knex)).map(({ id, name }) => [id, name]));
}
