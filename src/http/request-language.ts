import type { RequestHandler } from 'express';
import { LOCALES, type Locale, type Translate } from '../i18n';
import { may } from '../policy';

/** The staff member's own language, else what the browser prefers. Mounted again once the session is known. */
export function language(catalogue: { translator(locale: Locale): Translate }): RequestHandler {
  return (req, res, next) => {
    const preferred = req.acceptsLanguages(...LOCALES);
    req.locale = req.staff?.locale ?? (preferred === false ? 'en' : (preferred as Locale));
    req.t = catalogue.translator(req.locale);
    req.can = (permission) => may(req.staff?.role, permission);
    res.set('Content-Language', req.locale);
    next();
  };
}

export const requestFlash: RequestHandler = (req, _res, next) => {
  req.flash = (kind, text, action, link) => {
    const message = { kind, text, ...(action && { action }), ...(link && { link }) };
    req.session.flash = [...(req.session.flash ?? []), message];
  };
  next();
};
