import { type Request, Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { parseForm, rowId } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { Staff } from '../accounts/staff.model';
import { compareVersions } from './draft-diff';
import { COLLAPSED_MINUTES, listHistory } from './draft-history';
import { describeFields, draftCrumbs, draftTitle, fieldNames } from './draft-page';
import { PostDraftVersion } from './draft-version.model';
import { comparisonQuery, historyQuery } from './drafts.schemas';
import { restoreVersion } from './drafts.service';
import { findDraft } from './workflow-place';

/** All that was ever saved of a draft: listed, compared, brought back. */
export function draftHistoryRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.get('/patreon/posts/:id/history/', allow('posts.read'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    const { draft, campaign } = found;
    const { before } = parseForm(historyQuery, req.query);
    const page = await listHistory(draft.id, before, knex);
    const names = await Staff.listNames(
      page.versions.map(({ row }) => row.saved_by),
      context.knex,
    );
    res.view('drafts/history', {
      title: req.t('drafts:history.title', { title: draftTitle(req, draft) }),
      section: 'posts',
      breadcrumbs: draftCrumbs(req, draft, req.t('drafts:history.crumb')),
      timeZone: campaign.time_zone,
      draft,
      isFirstPage: before === undefined,
      before: page.before,
      minutes: COLLAPSED_MINUTES,
      versions: page.versions.map(({ row, changed }) => ({
        ...row,
        name: (row.saved_by !== null && names.get(row.saved_by)) || req.t('drafts:somebody'),
        changes: changesIn(req, changed),
      })),
    });
  });

  router.get('/patreon/posts/:id/history/compare/', allow('posts.read'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    const { draft, campaign } = found;
    const asked = parseForm(comparisonQuery, req.query);
    const [from, to] = [Math.min(asked.from, asked.to), Math.max(asked.from, asked.to)];
    const [before, after] = await Promise.all([
      PostDraftVersion.find(draft.id, from, knex),
      PostDraftVersion.find(draft.id, to, knex),
    ]);
    if (!before || !after) throw new NotFoundError();
    const [words, names] = await Promise.all([
      Promise.all([describeFields(req, before, campaign, context), describeFields(req, after, campaign, context)]),
      Staff.listNames([before.saved_by, after.saved_by], context.knex),
    ]);
    res.view('drafts/diff', {
      title: req.t('drafts:diff.title', { from, to }),
      section: 'posts',
      breadcrumbs: [
        ...draftCrumbs(req, draft, req.t('drafts:history.crumb')).slice(0, -1),
        { label: req.t('drafts:history.crumb'), href: `/patreon/posts/${draft.id}/history/` },
        { label: req.t('drafts:diff.crumb') },
      ],
      timeZone: campaign.time_zone,
      draft,
      versions: [before, after].map((row) => ({
        ...row,
        name: (row.saved_by !== null && names.get(row.saved_by)) || req.t('drafts:somebody'),
      })),
      differences: compareVersions(before, after, { before: words[0], after: words[1] }),
    });
  });

  router.post('/patreon/posts/:id/history/:version/restore/', allow('posts.write'), async (req, res, next) => {
    const found = await findDraft(req, context);
    if (!found) return next();
    const version = rowId(req.params.version);
    const { isNew } = await restoreVersion(context, { draftId: found.draft.id, version, actor: actorOf(req) });
    req.flash('success', req.t(isNew ? 'drafts:history.restored' : 'drafts:history.same', { version }));
    res.redirect(303, `/patreon/posts/${found.draft.id}/`);
  });

  return router;
}

function changesIn(req: Request, changed: Parameters<typeof fieldNames>[1] | null): string {
  if (changed === null) return req.t('drafts:history.first');
  if (changed.length === 0) return req.t('drafts:history.nothing');
  return req.t('drafts:history.changed', { fields: fieldNames(req, changed) });
}
