import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { parseForm } from '../../http/parse';
import { setupForm } from './accounts.schemas';
import { openSession } from './session-opening';
import { createFirstOwner, isSetupOpen } from './setup.service';
import { recordSignIn } from './sign-in.service';
import { Staff } from './staff.model';

/** The first owner, made once by whoever holds the link that the start of the server printed. */
export function setupRoutes(context: Context): Router {
  const router = Router();

  router.get('/setup/', allow('public'), async (req, res) => {
    const token = typeof req.query.token === 'string' ? req.query.token : '';
    if (!(await isSetupOpen(context, token))) return closed(req, res);
    return setupPage(req, res, { values: { name: '', email: '', token }, errors: {} });
  });

  router.post('/setup/', allow('public'), async (req, res) => {
    const values = typedValues(req, ['name', 'email', 'token']);
    if (!(await isSetupOpen(context, values.token))) return closed(req, res);
    try {
      const staff = await createFirstOwner(context, parseForm(setupForm, req.body), req.requestId);
      await openSession(req, staff, context);
      await recordSignIn(context, staff, { by: 'setup', requestId: req.requestId });
    } catch (error) {
      if (error instanceof NotFoundError) return closed(req, res);
      return setupPage(req, res, { values, errors: formMessages(req, error) }, 422);
    }
    req.flash('success', req.t('accounts:setup.done'));
    return res.redirect(303, '/patreon/');
  });

  async function closed(req: Request, res: Response): Promise<void> {
    const isDone = await Staff.existsAny(context.knex);
    const locals = { title: req.t('accounts:setup.title'), isDone };
    res.view('accounts/setup-closed', locals, { status: 404, layout: 'plain' });
  }

  return router;
}

function setupPage(req: Request, res: Response, locals: Record<string, unknown>, status = 200): void {
  res.view('accounts/setup', { title: req.t('accounts:setup.title'), ...locals }, { status, layout: 'plain' });
}
