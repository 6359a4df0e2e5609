import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { BadRequestError, TooManyRequestsError } from '../../errors';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { ownPath } from '../../http/own-path';
import { parseForm } from '../../http/parse';
import { signInForm } from './accounts.schemas';
import { actorOf, recordAudit } from './audit.service';
import { knownDevice, rememberDevice } from './known-device';
import { closeSession, openSession } from './session-opening';
import { authenticate, recordSignIn } from './sign-in.service';
import type { SignInLimits } from './sign-in-limits.service';
import { takeSignInLink } from './sign-in-links.service';
import { Staff } from './staff.model';

const HOME = '/patreon/';

export function signInRoutes(context: Context, limits: SignInLimits): Router {
  const router = Router();

  router.get('/login/', allow('public'), async (req, res) => {
    const next = ownPath(req.query.next, HOME);
    if (req.staff) return res.redirect(303, next);
    const isUnclaimed = !(await Staff.existsAny(context.knex));
    return signInPage(req, res, {
      values: { email: '', next },
      isUnclaimed,
      isSignedOut: req.query.signed_out === '1',
    });
  });

  router.post('/login/', allow('public'), async (req, res) => {
    const { email, next } = typedValues(req, ['email', 'next']);
    try {
      await signIn(req, res);
    } catch (error) {
      const refusal = refusedSignIn(req, error);
      if (refusal.retryAfter) res.set('Retry-After', String(refusal.retryAfter));
      return signInPage(
        req,
        res,
        { values: { email, next: ownPath(next, HOME) }, errors: refusal.errors },
        refusal.status,
      );
    }
    return res.redirect(303, ownPath(next, HOME));
  });

  async function signIn(req: Request, res: Response): Promise<void> {
    const form = parseForm(signInForm, req.body);
    const { requestId } = req;
    const device = knownDevice(req, form.email, context);
    const staff = await authenticate(context, limits, { ...form, address: req.ip ?? '', device, requestId });
    await openSession(req, staff, context);
    if (!device) rememberDevice(res, staff.email, context);
    await recordSignIn(context, staff, { by: 'password', requestId });
  }

  router.get('/login/link/', allow('public'), async (req, res) => {
    const token = typeof req.query.token === 'string' ? req.query.token : '';
    if (isPreview(req)) throw new BadRequestError('This link opens once. Follow it in a browser.');
    const staff = token === '' ? undefined : await takeSignInLink(context, token);
    if (!staff) return res.view('accounts/link-closed', { title: req.t('accounts:link.title') }, { status: 404 });
    await openSession(req, staff, context);
    await recordSignIn(context, staff, { by: 'link', requestId: req.requestId });
    return res.redirect(303, ownPath(req.query.next, HOME));
  });

  router.get('/logout/', allow('public'), (req, res) => {
    if (!req.staff) return res.redirect(303, '/login/');
    return res.view('accounts/sign-out', { title: req.t('accounts:signOut.title') }, { layout: 'plain' });
  });

  router.post('/logout/', allow('public'), async (req, res) => {
    if (req.staff) await recordAudit(context, { ...actorOf(req), action: 'sign_out' });
    await closeSession(req);
    res.set('Clear-Site-Data', '"cache", "cookies", "storage"');
    res.redirect(303, '/login/?signed_out=1');
  });

  return router;
}

function signInPage(req: Request, res: Response, locals: Record<string, unknown>, status = 200): void {
  res.view(
    'accounts/sign-in',
    { title: req.t('accounts:signIn.title'), errors: {}, ...locals },
    { status, layout: 'plain' },
  );
}

interface RefusedSignIn {
  status: number;
  errors: Record<string, string>;
  retryAfter?: number;
}

/** @throws what is neither a wrong form nor too many attempts. */
function refusedSignIn(req: Request, error: unknown): RefusedSignIn {
  if (!(error instanceof TooManyRequestsError)) return { status: 422, errors: formMessages(req, error) };
  const retryAfter = error.retryAfterSeconds ?? 60;
  const wait = req.t('accounts:errors.signInWait', { count: Math.ceil(retryAfter / 60) });
  return { status: 429, errors: { form: wait }, retryAfter };
}

/** Programs that look at a link before a person does must not use it up. */
function isPreview(req: Request): boolean {
  return (
    req.method === 'HEAD' || /prefetch|preview|prerender/i.test(req.get('sec-purpose') ?? req.get('purpose') ?? '')
  );
}
