import type { Knex } from 'knex';
import { languageTag } from '../../http/format';
import type { Locale } from '../../i18n';
import { campaignName, type PatreonCampaign } from '../campaigns/campaign.model';
import type { DraftContent } from './draft.model';
import { EMPTY_CONTENT } from './draft-content';
import { isLocalTime, toPlannedFor } from './planned-time';
import { PostTemplate } from './post-template.model';

/** What a template may leave open. Others stay as they are, and are found before the post is called ready. */
const PLACEHOLDER = /\{\{\s*(date|campaign|patrons)\s*\}\}/g;

/**
 * What a new post begins with: nothing, or the template of the query, with its placeholders filled; and the day of its
 * query's `planned_for`, by the campaign's clocks. What the query asks for and nobody has is passed over.
 */
export async function newPostContent(
  query: Record<string, unknown>,
  campaign: PatreonCampaign,
  locale: Locale,
  db: Knex,
): Promise<DraftContent> {
  const { template: asked, planned_for: local } = query;
  const planned_for =
    typeof local === 'string' && isLocalTime(local) ? await toPlannedFor(local, campaign.time_zone, db) : null;
  const id = typeof asked === 'string' && /^[1-9]\d{0,8}$/.test(asked) ? Number(asked) : undefined;
  const template = id === undefined ? undefined : await PostTemplate.findLive(id, db);
  const isOfCampaign = template && (template.campaign_id === null || template.campaign_id === campaign.id);
  if (!isOfCampaign) return { ...EMPTY_CONTENT, planned_for };
  const { title, content, is_paid, is_public, min_cents_pledged_to_view, tiers, tags } = template;
  const fill = placeholders(campaign, planned_for, locale);
  const audience = { is_public, min_cents_pledged_to_view, tiers };
  return {
    ...EMPTY_CONTENT,
    ...audience,
    is_paid,
    tags,
    title: fill(title, 300),
    content: fill(content, 100_000),
    planned_for,
  };
}

/** Fills what is known. A text that would grow too long stays as it is. */
function placeholders(campaign: PatreonCampaign, plannedFor: string | null, locale: Locale) {
  const tag = languageTag(locale);
  const zone = campaign.time_zone ?? 'UTC';
  const date =
    plannedFor && new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeZone: zone }).format(new Date(plannedFor));
  const patrons = campaign.patron_count === null ? null : new Intl.NumberFormat(tag).format(campaign.patron_count);
  const known: Record<string, string | null> = { date, campaign: campaignName(campaign), patrons };
  return (text: string, most: number): string => {
    const filled = text.replaceAll(PLACEHOLDER, (whole, word: string) => known[word] ?? whole);
    return filled.length <= most ? filled : text;
  };
}
