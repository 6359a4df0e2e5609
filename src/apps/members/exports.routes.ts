import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { ConflictError, ValidationError } from '../../errors';
import { allow } from '../../http/allow';
import { sendDownload } from '../../http/download';
import { formMessages } from '../../http/form-messages';
import { parseForm } from '../../http/parse';
import { wantsFragment } from '../../http/render';
import { actorOf } from '../accounts/audit.service';
import { exportForm } from './export.schemas';
import { exportMembers } from './export.service';
import { MEDIA_TYPES } from './export-format';
import { readExportOffer, readExportPage, readLatestExports } from './export-page';

type ExportForm = ReturnType<typeof readForm>;

/** Files of exactly what a list shows: the page that offers them, and the file itself. */
export function exportsRoutes(context: Context): Router {
  const router = Router();

  // The file by a plain link as well; not by a link on somebody else's page, nor for a program that only asks for the head.
  router.get('/patreon/members/export/', allow('members.export'), async (req, res) => {
    if (wantsFragment(req)) {
      res.view('members/_export-history', { exports: await readLatestExports(req, context) }, FRAGMENT);
      return;
    }
    const isFile = req.query.format !== undefined && req.method === 'GET' && req.get('sec-fetch-site') !== 'cross-site';
    await (isFile ? sendFile(req, res, context, req.query) : showPage(req, res, context));
  });

  router.post('/patreon/members/export/', allow('members.export'), (req, res) =>
    sendFile(req, res, context, req.body as Record<string, unknown>),
  );

  return router;
}

const FRAGMENT = { fragment: 'members/_export-history' };

async function showPage(req: Request, res: Response, context: Context, more = {}, status = 200): Promise<void> {
  const page = { refusal: null, errors: {}, values: req.query, parameterErrors: [] };
  try {
    const shown = await readExportPage(req, context);
    res.view('members/export', { ...page, ...shown, ...more }, { status });
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    const parameterErrors = Object.values(error.fields);
    const locals = { ...page, title: req.t('exports:title'), section: 'members', query: null, parameterErrors };
    res.view('members/export', locals, { status: 400 });
  }
}

/** Reads what is taken from a form or an address; addresses are given to a form alone, for the reason has to be typed. */
function readForm(
  source: Record<string, unknown>,
  usual: readonly string[],
  offered: readonly string[],
  isForm: boolean,
) {
  const names = isForm ? offered : offered.filter((name) => name !== 'address');
  return parseForm(exportForm(names), isForm ? source : { column: [...usual], ...source });
}

async function sendFile(req: Request, res: Response, context: Context, source: Record<string, unknown>): Promise<void> {
  let form: ExportForm;
  const offer = await readExportOffer(req, context).catch((error: unknown) => {
    if (error instanceof ValidationError) return null;
    throw error;
  });
  if (!offer) return showPage(req, res, context);
  try {
    form = readForm(
      source,
      offer.usual,
      offer.columns.map(({ name }) => name),
      req.method === 'POST',
    );
  } catch (error) {
    return showPage(req, res, context, { errors: formMessages(req, error), values: source }, 422);
  }
  const { filter, order, searchParams } = offer.query;
  const columns = offer.columns.filter(({ name }) => form.column.includes(name));
  const request = { ...form, filter, order, searchParams, columns, actor: actorOf(req) };
  const filename = `members-${context.clock.now().toISOString().slice(0, 10)}.${form.format}`;
  try {
    await sendDownload(res, { filename, type: MEDIA_TYPES[form.format] }, (sink) =>
      exportMembers(context, request, sink),
    );
  } catch (error) {
    if (!(error instanceof ConflictError) || error.code === 'conflict') throw error;
    await showPage(req, res, context, { refusal: req.t(`exports:refused.${error.code}`), values: source }, 409);
  }
}
