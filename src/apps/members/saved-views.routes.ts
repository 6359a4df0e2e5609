import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { ForbiddenError } from '../../errors';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { parseForm, rowId } from '../../http/parse';
import { Semaphore } from '../../lib/semaphore';
import { memberReader } from './member-query';
import { MemberView } from './member-view.model';
import { listQueryOf, readViewTabs } from './member-view-tabs';
import { changeView, countView, deleteView, saveView, viewProblem } from './saved-views.service';
import { viewChange, viewForm } from './workbench.schemas';

const HERE = '/patreon/members/views/';
const CHECKED_AT_ONCE = 4;

/** Filters of the member list that somebody keeps: their own, and those that others share. */
export function savedViewsRoutes(context: Context): Router {
  const router = Router();
  const staffId = (req: Request) => req.staff?.id as number;

  router.get(HERE, allow('views.save'), (req, res) => viewsPage(req, res));

  router.post(HERE, allow('views.save'), async (req, res) => {
    try {
      const form = parseForm(viewForm, req.body);
      mayShare(req, form.shared);
      const view = await saveView(context, form, memberReader(req, context.clock));
      req.flash('success', req.t('workbench:view.saved', { name: view.name }));
      res.redirect(303, `/patreon/members/${view.query === '' ? '' : `?${view.query}`}`);
    } catch (error) {
      const errors = formMessages(req, error);
      await viewsPage(req, res, { errors, values: typedValues(req, ['name', 'query', 'shared', 'pinned']) }, 422);
    }
  });

  router.get(`${HERE}tabs/`, allow('members.read'), async (req, res) => {
    const reader = memberReader(req, context.clock);
    const tabs = await readViewTabs(req, context, listQueryOf(req.query.here));
    const viewCounts = new Map<number, Awaited<ReturnType<typeof countView>>>();
    // One after the other: a page's tabs must not take all connections of the process.
    for (const view of tabs.views) viewCounts.set(view.id, await countView(context, view, reader));
    res.view(
      'members/views-tabs',
      { ...tabs, title: req.t('workbench:view.title'), section: 'members', viewCounts },
      {
        fragment: 'members/_views',
      },
    );
  });

  router.post(`${HERE}:id/`, allow('views.save'), async (req, res) => {
    const id = rowId(req.params.id);
    try {
      const change = parseForm(viewChange, req.body);
      mayShare(req, change.shared === true);
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      const view = await changeView(context, id, staffId(req), given);
      req.flash('success', req.t('workbench:view.changed', { name: view.name }));
      res.redirect(303, HERE);
    } catch (error) {
      const errors = formMessages(req, error);
      await viewsPage(req, res, { changing: id, changeErrors: errors, typed: typedValues(req, ['name']) }, 422);
    }
  });

  router.post(`${HERE}:id/delete/`, allow('views.save'), async (req, res) => {
    const view = await deleteView(context, rowId(req.params.id), staffId(req));
    req.flash('success', req.t('workbench:view.deleted', { name: view.name }));
    res.redirect(303, HERE);
  });

  async function viewsPage(req: Request, res: Response, locals: Record<string, unknown> = {}, status = 200) {
    const reader = memberReader(req, context.clock);
    const [own, shared] = await Promise.all([
      MemberView.listOwn(staffId(req), context.knex),
      MemberView.listSharedByOthers({ staffId: staffId(req), seesEmail: reader.seesEmail }, context.knex),
    ]);
    // A few at a time: a page must not take all connections of the process, nor wait for a hundred views in turn.
    const checks = new Semaphore(CHECKED_AT_ONCE, own.length + shared.length);
    const rows = await Promise.all(
      [...own, ...shared].map(async (view) => ({
        view,
        problem: await checks.run(() => viewProblem(context, view, reader)),
        isOwn: view.owner_id === staffId(req),
      })),
    );
    const shown = {
      title: req.t('workbench:view.title'),
      section: 'members',
      errors: {},
      values: null,
      changing: null,
    };
    res.view('members/views', { ...shown, rows, breadcrumbs: crumbs(req), ...locals }, { status });
  }

  return router;
}

function mayShare(req: Request, isShared: boolean): void {
  if (isShared && !req.can('views.share')) throw new ForbiddenError();
}

const crumbs = (req: Request) => [
  { label: req.t('members:title'), href: '/patreon/members/' },
  { label: req.t('workbench:view.title') },
];
