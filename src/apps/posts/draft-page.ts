import type { Request } from 'express';
import type { Context } from '../../context';
import { createFormat } from '../../http/format';
import { Staff } from '../accounts/staff.model';
import type { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import type { DraftContent, PostDraft } from './draft.model';
import type { DraftField } from './draft-content';

/** Names of people by id, for pages that say who did what. */
export async function staffName(req: Request, id: number | null, context: Context): Promise<string> {
  const names = await Staff.listNames([id], context.knex);
  return (id !== null && names.get(id)) || req.t('drafts:somebody');
}

export const draftTitle = (req: Request, { title }: Pick<PostDraft, 'title'>): string =>
  title || req.t('drafts:untitled');

/** Fields in a sentence. */
export const fieldNames = (req: Request, fields: readonly DraftField[]): string =>
  new Intl.ListFormat(req.locale, { type: 'conjunction' }).format(
    fields.map((field) => req.t(`drafts:field.${field}`)),
  );

/** Where a page of a draft stands. */
export function draftCrumbs(req: Request, draft: Pick<PostDraft, 'id' | 'title'>, label?: string) {
  const posts = { label: req.t('shared:nav.posts'), href: '/patreon/posts/' };
  const title = draftTitle(req, draft);
  return label === undefined
    ? [posts, { label: title }]
    : [posts, { label: title, href: `/patreon/posts/${draft.id}/` }, { label }];
}

/** Every field of a text as people read it. */
export async function describeFields(
  req: Request,
  content: DraftContent,
  campaign: Pick<PatreonCampaign, 'id' | 'currency' | 'time_zone'>,
  { knex }: Context,
): Promise<Record<DraftField, string>> {
  const fmt = createFormat(req.locale, campaign.time_zone);
  const [tiers, cover] = await Promise.all([
    PatreonTier.listByPatreonIds([campaign.id], content.tiers, knex),
    content.cover_id === null
      ? undefined
      : knex('post_pictures').select<{ file_name: string }[]>('file_name').where({ id: content.cover_id }).first(),
  ]);
  const none = req.t('drafts:diff.none');
  const flag = (value: boolean) => req.t(value ? 'drafts:diff.flagOn' : 'drafts:diff.flagOff');
  const titles = content.tiers.map(
    (id) => tiers.find((tier) => tier.patreon_id === id)?.title || req.t('posts:tierUnread', { id }),
  );
  const { min_cents_pledged_to_view: least, planned_for: plan } = content;
  return {
    title: content.title || none,
    content: content.content || none,
    notes: content.notes || none,
    is_public: flag(content.is_public),
    is_paid: flag(content.is_paid),
    tiers: titles.join(', ') || none,
    min_cents_pledged_to_view: least === null ? none : fmt.money(least, campaign.currency),
    planned_for: plan === null ? none : fmt.dateTime(plan),
    tags: content.tags.join(', ') || none,
    cover_id: content.cover_id === null ? none : cover?.file_name || req.t('posts:picture'),
  };
}
