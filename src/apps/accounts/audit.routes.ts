import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { ConflictError, ValidationError } from '../../errors';
import { allow } from '../../http/allow';
import { sendDownload } from '../../http/download';
import { actorOf } from './audit.service';
import { exportAudit } from './audit-export.service';
import { readAuditList, readAuditQuery } from './audit-list';
import { ACTION_GROUPS, groupWord, SUBJECT_TYPES, subjectWord } from './audit-sentences';
import { Staff } from './staff.model';

/** What was done here and by whom, for owners; and the page that leads to everything that owners look after. */
export function auditRoutes(context: Context): Router {
  const router = Router();

  router.get('/admin/', allow('audit.read'), (req, res) => {
    res.view('accounts/admin', { title: req.t('audit:admin.title'), section: 'admin' });
  });

  router.get('/admin/audit/', allow('audit.read'), (req, res) => showLog(req, res, context));

  // A link on another site begins no file; a program that asks for the head alone gets the page's.
  router.get('/admin/audit/export/', allow('audit.read'), async (req, res) => {
    const isAsked = req.method === 'GET' && req.get('sec-fetch-site') !== 'cross-site';
    await (isAsked ? sendLog(req, res, context) : showLog(req, res, context));
  });

  return router;
}

async function showLog(req: Request, res: Response, context: Context, more = {}, status = 200): Promise<void> {
  const fragment = 'accounts/_audit-table';
  const locals = {
    title: req.t('audit:title'),
    section: 'audit',
    breadcrumbs: [{ label: req.t('audit:admin.title'), href: '/admin/' }, { label: req.t('audit:title') }],
    people: await Staff.listAll(context.knex),
    groups: ACTION_GROUPS.map((value) => ({ value, label: groupWord(req.t, value) })),
    subjectTypes: SUBJECT_TYPES.map((value) => ({ value, label: subjectWord(req.t, value) })),
    refusal: null,
    parameterErrors: [],
    ...more,
  };
  try {
    res.view('accounts/audit', { ...locals, list: await readAuditList(req, context) }, { fragment, status });
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const parameterErrors = Object.values(error.fields);
    res.view('accounts/audit', { ...locals, list: null, parameterErrors }, { fragment, status: 400 });
  }
}

async function sendLog(req: Request, res: Response, context: Context): Promise<void> {
  const filename = `audit-${context.clock.now().toISOString().slice(0, 10)}.csv`;
  try {
    const { filter } = readAuditQuery(req);
    await sendDownload(res, { filename, type: 'text/csv; charset=utf-8' }, (sink) =>
      exportAudit(context, { filter, actor: actorOf(req) }, sink),
    );
  } catch (error) {
    if (error instanceof ValidationError) return showLog(req, res, context);
    if (!(error instanceof ConflictError)) throw error;
    await showLog(req, res, context, { refusal: req.t('audit:running') }, 409);
  }
}
