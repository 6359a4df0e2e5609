import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { mirroredAttributes } from '../../http/mirrored-attributes';
import { parseForm, rowId } from '../../http/parse';
import type { Locale } from '../../i18n';
import { resolveSiteUrl } from '../../patreon/site-url';
import { actorOf } from '../accounts/audit.service';
import { campaignName, PatreonCampaign } from './campaign.model';
import { CAMPAIGN_ATTRIBUTES } from './campaign-attributes';
import { countCampaignContents } from './campaign-contents';
import { deleteCampaign, unignoreCampaign } from './campaign-deletion.service';
import { CAMPAIGN_COLOURS, CampaignSettings, DEFAULT_CHOICES, SEARCH_LANGUAGES } from './campaign-settings.model';
import { campaignSettingsForm, confirmationForm } from './campaign-settings.schemas';
import { saveCampaignSettings } from './campaign-settings.service';
import { timeZoneNames } from './time-zone-names';

const LIST = '/patreon/campaigns/';
const TYPED = [
  'local_name',
  'colour',
  'time_zone',
  'search_language',
  'notes',
  'is_scheduled',
  'syncs_members',
  'syncs_posts',
] as const;

/** What staff decide about a campaign, and deleting it here. */
export function campaignSettingsRoutes(context: Context): Router {
  const router = Router();
  const { knex } = context;

  router.get('/patreon/campaigns/:id/edit/', allow('campaigns.edit'), async (req, res) => {
    const campaign = await findCampaign(req);
    const settings = (await CampaignSettings.findByCampaign(campaign.id, knex)) ?? DEFAULT_CHOICES;
    settingsPage(req, res, campaign, { values: settings, errors: {} });
  });

  router.post('/patreon/campaigns/:id/edit/', allow('campaigns.edit'), async (req, res) => {
    const campaign = await findCampaign(req);
    try {
      await saveCampaignSettings(context, campaign.id, parseForm(campaignSettingsForm, req.body), actorOf(req));
      req.flash('success', req.t('campaignSettings:saved'));
      res.redirect(303, `${LIST}${campaign.id}/edit/`);
    } catch (error) {
      const typed = typedValues(req, TYPED);
      const isTicked = (box: 'is_scheduled' | 'syncs_members' | 'syncs_posts') => typed[box] === 'true';
      const boxes = {
        is_scheduled: isTicked('is_scheduled'),
        syncs_members: isTicked('syncs_members'),
        syncs_posts: isTicked('syncs_posts'),
      };
      settingsPage(req, res, campaign, { values: { ...typed, ...boxes }, errors: formMessages(req, error) }, 422);
    }
  });

  router.get('/patreon/campaigns/:id/delete/', allow('campaigns.delete'), async (req, res) =>
    deletePage(req, res, await findCampaign(req), {}),
  );

  router.post('/patreon/campaigns/:id/delete/', allow('campaigns.delete'), async (req, res) => {
    const campaign = await findCampaign(req);
    try {
      const { confirm } = parseForm(confirmationForm, req.body);
      await deleteCampaign(context, campaign.id, confirm, actorOf(req));
      req.flash('success', req.t('campaignSettings:deleted', { name: campaignName(campaign) }));
      res.redirect(303, LIST);
    } catch (error) {
      await deletePage(req, res, campaign, formMessages(req, error), 422);
    }
  });

  router.post('/patreon/campaigns/ignored/:patreonId/delete/', allow('campaigns.delete'), async (req, res) => {
    const { name } = await unignoreCampaign(context, String(req.params.patreonId), actorOf(req));
    req.flash('success', req.t('campaignSettings:unignored', { name }));
    res.redirect(303, LIST);
  });

  async function findCampaign(req: Request): Promise<PatreonCampaign> {
    const campaign = await PatreonCampaign.findById(rowId(req.params.id), knex);
    if (!campaign) throw new NotFoundError();
    return campaign;
  }

  async function deletePage(
    req: Request,
    res: Response,
    campaign: PatreonCampaign,
    errors: Record<string, string>,
    status = 200,
  ): Promise<void> {
    const locals = { ...pageLocals(req, campaign, 'delete'), errors };
    const contents = await countCampaignContents(campaign.id, knex);
    res.view('campaigns/delete', { ...locals, contents }, { status });
  }

  return router;
}

interface FormState {
  values: Record<string, unknown>;
  errors: Record<string, string>;
}

function settingsPage(req: Request, res: Response, campaign: PatreonCampaign, shown: FormState, status = 200): void {
  const locals = {
    ...pageLocals(req, campaign, 'edit'),
    values: shown.values,
    errors: shown.errors,
    colours: CAMPAIGN_COLOURS,
    languages: languageNames(req.locale),
    timeZones: timeZoneNames(String(shown.values.time_zone ?? '')),
    patreonHref: resolveSiteUrl(campaign.url),
    attributes: mirroredAttributes(campaign, CAMPAIGN_ATTRIBUTES, { picture: req.t('campaigns:picture') }),
  };
  res.view('campaigns/edit', locals, { status });
}

function pageLocals(req: Request, campaign: PatreonCampaign, page: 'edit' | 'delete') {
  const name = campaignName(campaign);
  const title = req.t(`campaignSettings:${page}.title`, { name });
  const breadcrumbs = [
    { label: req.t('shared:nav.campaigns'), href: LIST },
    { label: name, href: `${LIST}${campaign.id}/` },
    { label: req.t(`campaignSettings:${page}.crumb`) },
  ];
  return { title, section: 'campaigns', breadcrumbs, campaign, name };
}

/** Each with its name in the reader's language, in the order of the names. */
function languageNames(locale: Locale): { value: string; label: string }[] {
  const names = new Intl.DisplayNames(locale, { type: 'language' });
  const languages = Object.entries(SEARCH_LANGUAGES).map(([value, code]) => ({
    value,
    label: names.of(code) ?? value,
  }));
  return languages.sort((one, other) => one.label.localeCompare(other.label, locale));
}
