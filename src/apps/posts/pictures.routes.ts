import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError, ValidationError } from '../../errors';
import { allow } from '../../http/allow';
import { wantsJson } from '../../http/error-handler';
import { formMessages } from '../../http/form-messages';
import { parseForm, rowId } from '../../http/parse';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { pictureFilter, pictureForm } from './editor.schemas';
import { PICTURE_UPLOAD } from './picture-upload';
import { describedByName, PostPicture, pictureAddress } from './post-picture.model';
import { storePicture } from './post-picture.service';

const PAGE_SIZE = 24;

/** Pictures of drafts: sent by the editor or by a plain form, shown to signed-in staff. */
export function pictureRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;
  const { address } = PICTURE_UPLOAD;

  router.get(address, allow('posts.write'), async (req, res) => {
    const asked = pictureFilter.safeParse(req.query);
    if (!asked.success) throw new NotFoundError();
    await showPictures(req, res, asked.data, {});
  });

  router.post(address, allow('posts.write'), async (req, res) => {
    try {
      const { campaign, picture } = await receive(req);
      const line = { address: pictureAddress(picture.id), markdown: markdownOf(picture.id, req.file?.originalname) };
      if (wantsJson(req)) return void res.status(201).json({ ...picture, ...line });
      req.flash('success', req.t('editor:pictures.stored'));
      return res.redirect(303, `${address}?campaign=${campaign}`);
    } catch (error) {
      const asked = pictureForm.safeParse(req.body ?? {});
      if (wantsJson(req) || !asked.success) throw error;
      return showPictures(req, res, asked.data, formMessages(req, error), 422);
    }
  });

  router.get('/patreon/posts/pictures/:id/', allow('posts.read'), async (req, res) => {
    const id = rowId(req.params.id);
    const digest = await PostPicture.findDigest(id, knex);
    if (!digest) throw new NotFoundError();
    // What stands at an address never changes: only whether one is signed in does.
    res.set('Cache-Control', 'private, max-age=31536000, immutable').set('ETag', `"${digest.sha256.toString('hex')}"`);
    res.set('Content-Security-Policy', "default-src 'none'; sandbox").set('X-Content-Type-Options', 'nosniff');
    if (req.fresh) return void res.status(304).end();
    const picture = await PostPicture.findById(id, knex);
    if (!picture) throw new NotFoundError();
    return void res.type(picture.content_type).send(picture.bytes);
  });

  async function receive(req: Request) {
    const { campaign, draft } = parseForm(pictureForm, req.body ?? {});
    if (!(await PatreonCampaign.findById(campaign, knex)))
      throw new ValidationError({ campaign: 'editor:problem.campaign' });
    const { file, staff } = req;
    if (!file || !staff) throw new ValidationError({ picture: 'editor:problem.none' });
    const { buffer: bytes, originalname: name } = file;
    const { id, width, height } = await storePicture(context, {
      campaignId: campaign,
      draftId: draft,
      file: { bytes, name },
      staffId: staff.id,
    });
    return { campaign, picture: { id, width, height } };
  }

  async function showPictures(
    req: Request,
    res: Response,
    asked: { campaign: number; before?: number | undefined },
    errors: Record<string, string>,
    status = 200,
  ): Promise<void> {
    const campaign = await PatreonCampaign.findById(asked.campaign, knex);
    if (!campaign) throw new NotFoundError();
    const page = { limit: PAGE_SIZE + 1, before: asked.before };
    const pictures = await PostPicture.listOfCampaign(campaign.id, page, knex);
    const shown = pictures.slice(0, PAGE_SIZE);
    const last = shown.at(-1);
    const here = `${address}?campaign=${campaign.id}`;
    res.view(
      'drafts/pictures',
      {
        title: req.t('editor:pictures.title'),
        section: 'posts',
        breadcrumbs: [
          { label: req.t('shared:nav.campaigns'), href: '/patreon/campaigns/' },
          { label: campaignName(campaign), href: `/patreon/campaigns/${campaign.id}/` },
          { label: req.t('editor:pictures.title') },
        ],
        campaign,
        pictures: shown.map(({ id, file_name, ...picture }) => ({
          ...picture,
          id,
          file_name,
          address: pictureAddress(id),
          markdown: markdownOf(id, file_name),
        })),
        olderHref: pictures.length > PAGE_SIZE && last ? `${here}&before=${last.id}` : null,
        newestHref: asked.before === undefined ? null : here,
        errors,
      },
      { status },
    );
  }

  return router;
}

/** The line of Markdown that shows a picture; what it is called until somebody says what is on it. */
function markdownOf(id: number, name: string | undefined): string {
  return `![${describedByName(name ?? '')}](${pictureAddress(id)})`;
}
