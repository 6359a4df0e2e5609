import type { Request, Response } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { typedValues } from '../../http/form-messages';
import { Staff } from '../accounts/staff.model';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { postsCrumbs } from './calendar-page';
import type { PostDraft } from './draft.model';
import { PostSnippet } from './post-snippet.model';
import { PostTemplate } from './post-template.model';

export const TEMPLATES = '/patreon/posts/templates/';
export const SNIPPETS = '/patreon/posts/snippets/';

/** What the fields of a template's form show. */
export interface TemplateFormState {
  name: string;
  title: string;
  content: string;
  is_public: boolean;
  is_paid: boolean;
  min_cents_pledged_to_view: string;
  /** Our row ids. */
  tiers: string[];
  tags: string;
}

export const EMPTY_TEMPLATE: TemplateFormState = {
  name: '',
  title: '',
  content: '',
  is_public: false,
  is_paid: false,
  min_cents_pledged_to_view: '',
  tiers: [],
  tags: '',
};

/** A template, or the draft that is to become one, as the form shows it. */
export async function templateState(of: PostTemplate | PostDraft, { knex }: Context): Promise<TemplateFormState> {
  const tiers = of.campaign_id === null ? [] : await PatreonTier.listByPatreonIds([of.campaign_id], of.tiers, knex);
  return {
    name: 'name' in of ? of.name : '',
    title: of.title,
    content: of.content,
    is_public: of.is_public,
    is_paid: of.is_paid,
    min_cents_pledged_to_view: String(of.min_cents_pledged_to_view ?? ''),
    tiers: tiers.map(({ id }) => String(id)),
    tags: of.tags.join(', '),
  };
}

export function typedTemplate(req: Request): TemplateFormState {
  const body = (req.body ?? {}) as Record<string, unknown>;
  const texts = typedValues(req, ['name', 'title', 'content', 'min_cents_pledged_to_view', 'tags']);
  const tiers = [body.tiers ?? []].flat().filter((id) => typeof id === 'string');
  return { ...texts, tiers, is_public: body.is_public === 'true', is_paid: body.is_paid === 'true' };
}

interface ListPage {
  values?: Record<string, string>;
  errors?: Record<string, string>;
}

/** Templates and snippets side by side; with what was typed into the form for a new snippet. */
export async function showTemplates(
  req: Request,
  res: Response,
  context: Context,
  { values = {}, errors = {} }: ListPage = {},
  status = 200,
): Promise<void> {
  const { knex } = context;
  const [templates, snippets, choices] = await Promise.all([
    PostTemplate.listAll(knex),
    PostSnippet.listFor(undefined, knex),
    PatreonCampaign.listChoices(knex),
  ]);
  const [named, names] = await Promise.all([
    PatreonCampaign.listByIds(
      [...templates, ...snippets].flatMap(({ campaign_id }) => campaign_id ?? []),
      knex,
    ),
    Staff.listNames(
      templates.map(({ saved_by }) => saved_by),
      context.knex,
    ),
  ]);
  const title = req.t('postTemplate:title');
  const campaigns = new Map(named.map((campaign) => [campaign.id, campaign]));
  const shown = { title, section: 'posts', breadcrumbs: postsCrumbs(req, title), values, errors };
  res.view(
    'planning/templates',
    { ...shown, templates, snippets, choices, campaigns, names, campaignName },
    { status },
  );
}

interface FormPage {
  /** None for a new one. */
  template?: PostTemplate | undefined;
  campaignId: number | null;
  values: TemplateFormState;
  errors?: Record<string, string>;
  /** When the template had been saved last, as the form knows. */
  seen?: string;
}

/** @throws NotFoundError for a campaign that is not there */
export async function showTemplateForm(
  req: Request,
  res: Response,
  { knex }: Context,
  { template, campaignId, values, errors = {}, seen }: FormPage,
  status = 200,
): Promise<void> {
  const campaign = campaignId === null ? undefined : await PatreonCampaign.findById(campaignId, knex);
  if (campaignId !== null && !campaign) throw new NotFoundError();
  const tierChoices = campaign ? await PatreonTier.listChoices(campaign.id, knex) : [];
  const title = template ? template.name : req.t('postTemplate:edit.newTitle');
  const crumb = { label: req.t('postTemplate:title'), href: TEMPLATES };
  const shown = { title, section: 'posts', breadcrumbs: postsCrumbs(req, title, crumb), values, errors };
  const action = template ? `${TEMPLATES}${template.id}/` : `${TEMPLATES}create/`;
  const locals = { ...shown, seen, template, campaign, campaignName, tierChoices, action };
  res.view('planning/template', locals, { status });
}
