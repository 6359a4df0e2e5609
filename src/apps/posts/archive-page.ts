import type { Request } from 'express';
import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { Staff } from '../accounts/staff.model';
import { campaignName, PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonChange } from '../campaigns/change.model';
import { PatreonTier } from '../campaigns/tier.model';
import { IgnoredPost } from './ignored-post.model';
import { PatreonPost, type PostFilter } from './post.model';
import { readPostQuery } from './post-list';
import { postCrumbs, postTitle } from './post-page';
import { type PostVersion, readPostVersions } from './post-versions';

const IGNORED_PAGE = 50;

/** What an archive shall hold: one post, or what a list shows. */
export interface ArchiveChoice {
  post: PatreonPost | undefined;
  filter: PostFilter;
  /** The query of the list, without its order and page. */
  search: string;
}

/** @throws ValidationError for a query that the list would refuse as well, and NotFoundError */
export async function readArchiveChoice(req: Request, context: Context): Promise<ArchiveChoice> {
  const { filter, parameters } = await readPostQuery(req.query, context);
  const { post: asked } = req.query;
  if (asked !== undefined && asked !== '') {
    const isId = typeof asked === 'string' && /^[1-9]\d{0,14}$/.test(asked);
    const post = isId ? await PatreonPost.findById(Number(asked), context.knex) : undefined;
    if (!post) throw new NotFoundError();
    return { post, filter, search: `post=${post.id}` };
  }
  const given = Object.entries(parameters).filter(([name, value]) => name !== 'sort' && value);
  return { post: undefined, filter, search: new URLSearchParams(given as [string, string][]).toString() };
}

/** The page that offers an archive. */
export async function archiveLocals(req: Request, { knex }: Context, choice: ArchiveChoice) {
  const title = req.t('archive:export.title');
  const total = choice.post ? { count: 1, capped: false } : await PatreonPost.countMatching(choice.filter, knex);
  const back = choice.post
    ? `/patreon/posts/${choice.post.id}/`
    : `/patreon/posts/${choice.search && `?${choice.search}`}`;
  const breadcrumbs = [{ label: req.t('shared:nav.posts'), href: '/patreon/posts/' }, { label: title }];
  return { title, section: 'posts', breadcrumbs, choice, total, back, parameterErrors: [] };
}

/** What is kept of the past of one post, a page of versions at a time. */
export async function versionsLocals(
  req: Request,
  context: Context,
  { post, campaign }: { post: PatreonPost; campaign: PatreonCampaign },
) {
  const { knex } = context;
  const asked = req.query.before;
  const before = typeof asked === 'string' && /^[1-9]\d{0,14}$/.test(asked) ? Number(asked) : undefined;
  const record = { campaign_id: post.campaign_id, resource: 'post', id: post.id } as const;
  const [{ versions, next }, isWhole, keptSince] = await Promise.all([
    readPostVersions(post, before, knex),
    PatreonChange.isWhole(record, knex),
    PatreonChange.keptSince(knex),
  ]);
  const [people, tierTitle] = await Promise.all([
    Staff.listNames(
      versions.map(({ staffId }) => staffId),
      knex,
    ),
    tierTitles(campaign.id, versions, knex),
  ]);
  return {
    title: `${req.t('archive:versions.title')} · ${postTitle(req, post)}`,
    heading: postTitle(req, post),
    section: 'posts',
    breadcrumbs: postCrumbs(req, campaign, post, req.t('archive:versions.title')),
    timeZone: campaign.time_zone,
    post,
    versions,
    people,
    tierTitle,
    isFirstPage: before === undefined,
    next: next === null ? null : `/patreon/posts/${post.id}/versions/?before=${next}`,
    since: isWhole ? post.first_seen_at : keptSince,
  };
}

async function tierTitles(
  campaignId: number,
  versions: readonly PostVersion[],
  knex: Context['knex'],
): Promise<(patreonId: string) => string | undefined> {
  const ids = versions.flatMap(({ audience }) => [...(audience?.before.tiers ?? []), ...(audience?.after.tiers ?? [])]);
  const tiers = await PatreonTier.listByPatreonIds([campaignId], [...new Set(ids)], knex);
  const titles = new Map(tiers.map(({ patreon_id, title }) => [patreon_id, title ?? undefined]));
  return (patreonId) => titles.get(patreonId);
}

/** The posts that syncs leave out, latest first. */
export async function readIgnoredPage(req: Request, { knex }: Context) {
  const asked = req.query.before;
  const before = typeof asked === 'string' && /^[1-9]\d{0,14}$/.test(asked) ? Number(asked) : undefined;
  const rows = await IgnoredPost.list({ limit: IGNORED_PAGE + 1, before }, knex);
  const ignored = rows.slice(0, IGNORED_PAGE);
  const campaigns = await PatreonCampaign.listByIds(
    ignored.map(({ campaign_id }) => campaign_id),
    knex,
  );
  const names = new Map(campaigns.map((campaign) => [campaign.id, campaignName(campaign)]));
  const title = req.t('archive:ignored.title');
  return {
    title,
    section: 'posts',
    breadcrumbs: [{ label: req.t('shared:nav.posts'), href: '/patreon/posts/' }, { label: title }],
    ignored,
    campaignOf: (id: number) => names.get(id) ?? '',
    next: rows.length > IGNORED_PAGE ? `/patreon/posts/ignored/?before=${ignored.at(-1)?.id}` : null,
  };
}
