import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { rowId } from '../../http/parse';
import { type ListView, viewList } from '../../http/view-list';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { readDraftList } from './draft-list';
import { IgnoredPost } from './ignored-post.model';
import { PatreonPost } from './post.model';
import { readPostList } from './post-list';
import { postCrumbs, postLocals } from './post-page';

/** Posts over all campaigns, of one campaign, and one by itself. */
export function postsRoutes(context: Context): Router {
  const router = Router();

  router.get('/patreon/posts/', allow('posts.read'), (req, res) => showList(req, res, context));

  router.get('/patreon/campaigns/:id/posts/', allow('posts.read'), async (req, res) => {
    const campaign = await PatreonCampaign.findById(rowId(req.params.id), context.knex);
    if (!campaign) throw new NotFoundError();
    await showList(req, res, context, campaign);
  });

  router.get('/patreon/posts/:id/', allow('posts.read'), async (req, res) => {
    const post = await PatreonPost.findById(rowId(req.params.id), context.knex);
    const campaign = post && (await PatreonCampaign.findById(post.campaign_id, context.knex));
    if (!post || !campaign) throw new NotFoundError();
    res.view('posts/show', await postLocals(req, context, post, campaign));
  });

  return router;
}

async function showList(req: Request, res: Response, context: Context, campaign?: PatreonCampaign): Promise<void> {
  const { knex } = context;
  const [campaignChoices, tierChoices, ignoredCount, timeZone, drafts] = await Promise.all([
    campaign ? [] : PatreonCampaign.listChoices(knex),
    PatreonTier.listChoices(campaign?.id, knex),
    campaign ? 0 : IgnoredPost.count(knex),
    campaign ? campaign.time_zone : zoneOfChosen(req.query.campaign, context),
    readDraftList(req, context, campaign),
  ]);
  const locals = {
    title: req.t('posts:list.title'),
    section: 'posts',
    breadcrumbs: campaign && postCrumbs(req, campaign),
    timeZone,
    campaign,
    campaignName,
    campaignChoices,
    tierChoices,
    ignoredCount,
    drafts,
    exportAddress: (list: ListView<unknown>) => exportAddress(list, campaign),
  };
  await viewList(res, 'posts', locals, () => readPostList(req, context, campaign));
}

/** Days are those of the campaign that the list is about; of several, those of UTC. */
async function zoneOfChosen(asked: unknown, { knex }: Context): Promise<string | null | undefined> {
  if (typeof asked !== 'string' || !/^[1-9]\d{0,14}$/.test(asked)) return null;
  return (await PatreonCampaign.findById(Number(asked), knex))?.time_zone;
}

function exportAddress({ address }: ListView<unknown>, campaign: PatreonCampaign | undefined): string {
  const query = new URLSearchParams(address({ sort: undefined }).split('?')[1]);
  if (campaign) query.set('campaign', String(campaign.id));
  return `/patreon/posts/export/${query.size > 0 ? `?${query}` : ''}`;
}
