import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { parseForm, rowId } from '../../http/parse';
import { roleForm, staffForm } from './accounts.schemas';
import { actorOf } from './audit.service';
import { Staff } from './staff.model';
import { changeRole, disableStaff, enableStaff, inviteStaff, resetPassword } from './staff.service';

const LIST = '/admin/staff/';
const NOBODY = { name: '', email: '', role: 'viewer' };

/** Owners decide who works here and in which role. */
export function staffRoutes(context: Context): Router {
  const router = Router();

  router.get('/admin/staff/', allow('staff.manage'), async (req, res) => staffPage(req, res));

  router.post('/admin/staff/', allow('staff.manage'), async (req, res) => {
    try {
      const { staff, link } = await inviteStaff(context, parseForm(staffForm, req.body), actorOf(req));
      return linkPage(req, res, staff, link, 201);
    } catch (error) {
      return staffPage(
        req,
        res,
        { values: typedValues(req, ['name', 'email', 'role']), errors: formMessages(req, error) },
        422,
      );
    }
  });

  router.post('/admin/staff/:id/reset/', allow('staff.manage'), async (req, res) => {
    try {
      const { staff, link } = await resetPassword(context, rowId(req.params.id), actorOf(req));
      return linkPage(req, res, staff, link, 200);
    } catch (error) {
      return staffPage(req, res, { refusal: formMessages(req, error).form }, 422);
    }
  });

  router.post('/admin/staff/:id/role/', allow('staff.manage'), async (req, res) =>
    changed(req, res, 'roleChanged', async (id) =>
      changeRole(context, id, parseForm(roleForm, req.body).role, actorOf(req)),
    ),
  );

  router.post('/admin/staff/:id/disable/', allow('staff.manage'), async (req, res) =>
    changed(req, res, 'disabledDone', async (id) => disableStaff(context, id, actorOf(req))),
  );

  router.post('/admin/staff/:id/enable/', allow('staff.manage'), async (req, res) =>
    changed(req, res, 'enabledDone', async (id) => enableStaff(context, id, actorOf(req))),
  );

  async function changed(
    req: Request,
    res: Response,
    done: string,
    work: (id: number) => Promise<Staff>,
  ): Promise<void> {
    try {
      const { name } = await work(rowId(req.params.id));
      req.flash('success', req.t(`accounts:staff.${done}`, { name }));
    } catch (error) {
      const [refusal] = Object.values(formMessages(req, error));
      return staffPage(req, res, { refusal }, 422);
    }
    res.redirect(303, LIST);
  }

  async function staffPage(
    req: Request,
    res: Response,
    locals: Record<string, unknown> = {},
    status = 200,
  ): Promise<void> {
    const shown = { title: req.t('accounts:staff.title'), section: 'staff', values: NOBODY, errors: {}, refusal: null };
    const people = await Staff.listAll(context.knex);
    res.view('accounts/staff', { ...shown, people, ...locals }, { status });
  }

  return router;
}

/** The link goes straight into this one answer and is kept nowhere, which is why no redirect follows. */
function linkPage(req: Request, res: Response, staff: Staff, link: string, status: number): void {
  const locals = {
    title: req.t('accounts:invitation.title', { name: staff.name }),
    section: 'staff',
    person: staff.name,
    link,
  };
  res.view('accounts/invitation', locals, { status });
}
