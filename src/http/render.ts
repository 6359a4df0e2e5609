import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import type { Request, RequestHandler } from 'express';
import { projectPath } from '../lib/project-path';
import { may, type Permission } from '../policy';
import { createFormat } from './format';
import type { Flash } from './types';

export interface ViewOptions {
  /** The partial that htmx swaps; the page includes the same file. */
  fragment?: string;
  /** Sends the fragment to whoever asks, not only to htmx. */
  isFragment?: boolean;
  status?: number;
  layout?: 'app' | 'plain';
}

type Template = (locals: Record<string, unknown>) => string;

const VIEWS = projectPath('views');
const templates = new Map<string, Template>();

/** Locals are read as `it.name`: without `with`, templates render several times faster and name what they use. */
function template(name: string, cache: boolean): Template {
  const known = templates.get(name);
  if (known) return known;
  const filename = join(VIEWS, `${name}.ejs`);
  const compiled = ejs.compile(readFileSync(filename, 'utf8'), {
    filename,
    cache,
    _with: false,
    localsName: 'it',
    rmWhitespace: false,
  } as ejs.Options) as Template;
  if (cache) templates.set(name, compiled);
  return compiled;
}

/** htmx wants the fragment, unless it follows a boosted link or restores history: then it wants the page. */
export function wantsFragment(req: Request): boolean {
  return (
    req.get('hx-request') === 'true' &&
    req.get('hx-boosted') !== 'true' &&
    req.get('hx-history-restore-request') !== 'true' &&
    req.get('hx-request-type') !== 'full'
  );
}

export interface RenderOptions {
  cache: boolean;
  csrfToken(req: Request): string;
}

/**
 * Gives every response `res.view()`. The locals are built here by name; a request object never reaches a template.
 * With a `timeZone` among them `it.fmt` tells times in it and the page says so; else both say UTC.
 */
export function viewRenderer(options: RenderOptions): RequestHandler {
  const asset = assetAddresses(options.cache);
  return (req, res, next) => {
    res.view = (page, locals, { fragment, isFragment, status = 200, layout = req.staff ? 'app' : 'plain' } = {}) => {
      res.vary('HX-Request');
      res.vary('HX-Boosted');
      const alone = fragment !== undefined && (isFragment ?? wantsFragment(req));
      // A fragment shows no messages: they wait for the page.
      const flash = alone ? [] : takeFlash(req);
      const fmt = createFormat(req.locale, typeof locals.timeZone === 'string' ? locals.timeZone : null);
      const it = { ...sharedLocals(req, res.locals.problems ?? [], asset, options), fmt, flash, ...locals };
      const body = template(alone ? fragment : page, options.cache)(it);
      res.status(status).type('html');
      res.send(alone ? body : template(`layouts/${layout}`, options.cache)({ ...it, body }));
    };
    next();
  };
}

function takeFlash(req: Request): Flash[] {
  const flash = req.session?.flash ?? [];
  if (flash.length > 0) req.session.flash = [];
  return flash;
}

function sharedLocals(req: Request, problems: unknown[], asset: (path: string) => string, options: RenderOptions) {
  return {
    t: req.t,
    locale: req.locale,
    theme: req.staff?.theme ?? 'dark',
    staff: req.staff && { id: req.staff.id, name: req.staff.name, email: req.staff.email, role: req.staff.role },
    can: (permission: Permission) => may(req.staff?.role, permission),
    csrfToken: () => options.csrfToken(req),
    problems,
    asset,
    path: req.path,
    requestId: req.requestId,
    section: '',
    title: '',
    searchQuery: '',
  };
}

/** Adds the content's digest, so that a browser may keep a file for a year and still gets the new one. */
function assetAddresses(cache: boolean): (path: string) => string {
  const known = new Map<string, string>();
  return (path) => {
    const found = known.get(path);
    if (found) return found;
    const digest = createHash('sha256')
      .update(readFileSync(projectPath('public', path)))
      .digest('base64url')
      .slice(0, 10);
    const address = `${path}?v=${digest}`;
    if (cache) known.set(path, address);
    return address;
  };
}
