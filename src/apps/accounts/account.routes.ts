import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { NotSignedInError, TooManyRequestsError } from '../../errors';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { ownPath } from '../../http/own-path';
import { parseForm } from '../../http/parse';
import type { CurrentStaff } from '../../http/types';
import { changePassword, changeTheme, signOutElsewhere, updateProfile } from './account.service';
import { passwordForm, profileForm, themeForm } from './accounts.schemas';
import { actorOf } from './audit.service';
import type { SignInLimits } from './sign-in-limits.service';
import { Staff } from './staff.model';
import { StaffSession } from './staff-session.model';

/** What everybody may change about themselves. */
export function accountRoutes(context: Context, limits: SignInLimits): Router {
  const router = Router();

  router.get('/account/', allow('account.manage'), async (req, res) => accountPage(req, res));

  router.post('/account/', allow('account.manage'), async (req, res) => {
    try {
      const profile = parseForm(profileForm, req.body);
      await updateProfile(context, signedIn(req).id, profile);
      req.flash('success', req.t('accounts:account.saved', { lng: profile.locale }));
    } catch (error) {
      const values = typedValues(req, ['name', 'locale', 'theme']);
      return accountPage(req, res, { values, errors: formMessages(req, error) }, 422);
    }
    return res.redirect(303, '/account/');
  });

  router.post('/account/theme/', allow('account.manage'), async (req, res) => {
    await changeTheme(context, signedIn(req).id, parseForm(themeForm, req.body).theme);
    res.redirect(303, cameFrom(req));
  });

  router.post('/account/password/', allow('account.manage'), async (req, res) => {
    try {
      const given = { ...parseForm(passwordForm, req.body), id: signedIn(req).id, address: req.ip ?? '', limits };
      req.session.epoch = await changePassword(context, given, actorOf(req));
    } catch (error) {
      const isLimited = error instanceof TooManyRequestsError;
      const errors = isLimited ? waiting(req, error) : formMessages(req, error);
      return accountPage(req, res, { errors }, isLimited ? 429 : 422);
    }
    req.flash('success', req.t('accounts:account.passwordChanged'));
    return res.redirect(303, '/account/');
  });

  router.post('/account/sessions/end/', allow('account.manage'), async (req, res) => {
    req.session.epoch = await signOutElsewhere(context, signedIn(req).id, req.sessionID, actorOf(req));
    req.flash('success', req.t('accounts:account.sessionsEnded'));
    res.redirect(303, '/account/');
  });

  async function accountPage(
    req: Request,
    res: Response,
    locals: Record<string, unknown> = {},
    status = 200,
  ): Promise<void> {
    const staff = await Staff.findById(signedIn(req).id, context.knex);
    const person = { id: signedIn(req).id, epoch: req.session.epoch ?? 0 };
    const sessions = await StaffSession.listOpen(person, context.clock.now(), context.knex);
    const shown = {
      title: req.t('accounts:account.title'),
      section: 'account',
      values: { name: staff?.name, locale: staff?.locale, theme: staff?.theme },
      errors: {},
      hasPassword: staff?.password_hash != null,
      sessions: sessions.map(({ sid, sess }) => ({
        isThis: sid === req.sessionID,
        browser: sess.browser ?? '',
        signedInAt: new Date(sess.signedInAt ?? 0).toISOString(),
      })),
    };
    res.view('accounts/account', { ...shown, ...locals }, { status });
  }

  return router;
}

/** The policy lets nobody else through; this tells the compiler. */
function signedIn(req: Request): CurrentStaff {
  if (!req.staff) throw new NotSignedInError();
  return req.staff;
}

function waiting(req: Request, { retryAfterSeconds = 60 }: TooManyRequestsError): Record<string, string> {
  return { current_password: req.t('accounts:errors.signInWait', { count: Math.ceil(retryAfterSeconds / 60) }) };
}

/** The page with the theme switch: named by the form, else by the browser. */
function cameFrom(req: Request): string {
  const referer = req.get('referer') ?? '';
  const path = URL.canParse(referer) ? new URL(referer).pathname + new URL(referer).search : undefined;
  return ownPath(path ?? typedValues(req, ['next']).next, '/account/');
}
