import { Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { rowId } from '../../http/parse';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { showMemberList } from './member-list';
import { revealRoutes } from './reveal.routes';

/** Members over all campaigns and of one campaign, and what of them is shown on request alone. */
export function membersRoutes(context: Context): Router {
  const router = Router();

  router.get('/patreon/members/', allow('members.read'), (req, res) => showMemberList(req, res, context));

  router.get('/patreon/campaigns/:id/members/', allow('members.read'), async (req, res) => {
    const campaign = await PatreonCampaign.findById(rowId(req.params.id), context.knex);
    if (!campaign) throw new NotFoundError();
    await showMemberList(req, res, context, campaign);
  });

  router.use(revealRoutes(context));

  return router;
}
