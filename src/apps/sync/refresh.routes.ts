import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { ConflictError, NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { ownPath } from '../../http/own-path';
import { rowId } from '../../http/parse';
import { wantsFragment } from '../../http/render';
import { actorOf } from '../accounts/audit.service';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonMember } from '../members/member.model';
import { PatreonPost } from '../posts/post.model';
import { type RefreshTarget, refreshFromPatreon } from './refresh.service';
import { failureWords, refreshWords } from './refresh-words';

/**
 * "Refresh from Patreon" of a member, a post and a campaign: one read, and what it changed in words, on the record's page or
 * on the one that the form names.
 */
export function refreshRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.post('/patreon/members/:id/refresh/', allow('sync.manage'), async (req, res) => {
    const member = found(await PatreonMember.findById(rowId(req.params.id), knex));
    await refresh(context, req, res, recordTarget('members', member), `/patreon/members/${member.id}/`);
  });

  router.post('/patreon/posts/:id/refresh/', allow('sync.manage'), async (req, res) => {
    const post = found(await PatreonPost.findById(rowId(req.params.id), knex));
    await refresh(context, req, res, recordTarget('posts', post), `/patreon/posts/${post.id}/`);
  });

  router.post('/patreon/campaigns/:id/refresh/', allow('sync.manage'), async (req, res) => {
    const { id, patreon_id } = found(await PatreonCampaign.findById(rowId(req.params.id), knex));
    const target: RefreshTarget = { resource: 'campaigns', campaignId: id, patreonId: patreon_id };
    await refresh(context, req, res, target, `/patreon/campaigns/${id}/`);
  });

  for (const [resource, permission] of READ_WITH) {
    router.get(`/patreon/${resource}/:id/refresh/`, allow(permission), (req, res) =>
      res.redirect(303, `/patreon/${resource}/${rowId(req.params.id)}/`),
    );
  }

  return router;
}

const READ_WITH = [
  ['members', 'members.read'],
  ['posts', 'posts.read'],
  ['campaigns', 'campaigns.read'],
] as const;

function found<T>(row: T | undefined): T {
  if (row === undefined) throw new NotFoundError();
  return row;
}

function recordTarget(
  resource: 'members' | 'posts',
  { campaign_id, patreon_id }: { campaign_id: number; patreon_id: string },
): RefreshTarget {
  return { resource, campaignId: campaign_id, patreonId: patreon_id };
}

async function refresh(
  context: Context,
  req: Request,
  res: Response,
  target: RefreshTarget,
  address: string,
): Promise<void> {
  try {
    const result = await refreshFromPatreon(context, target, { actor: actorOf(req) });
    const { kind, text } = await refreshWords(req, context, target, result);
    req.flash(kind, text);
  } catch (error) {
    const isDisconnected = error instanceof ConflictError && error.code === 'no_connection';
    req.flash('error', isDisconnected ? req.t('sync:refresh.failed.no_connection') : failureWords(req, error));
  }
  const { next } = (req.body ?? {}) as Record<string, unknown>;
  const back = ownPath(next, address);
  // The whole page may have changed, not only a fragment of it.
  if (wantsFragment(req)) res.set('HX-Redirect', back).end();
  else res.redirect(303, back);
}
