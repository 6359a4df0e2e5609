import type { Request } from 'express';
import type { Context } from '../../context';
import { ValidationError } from '../../errors';
import { type ListQuery, parseListQuery } from '../../http/list-query';
import { listView } from '../../http/view-list';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { PatreonPost, type PostFilter, postAudience } from './post.model';
import { excerptHtml } from './post-excerpt';
import { readPostSearch } from './post-search';
import { PatreonPostSearch, RANKED, RELEVANCE } from './post-search.model';
import { postFilters } from './posts.schemas';

const BY_DATE = '-published';
const BY_RELEVANCE = '-relevance';

export type PostListQuery = ListQuery<typeof postFilters.shape> & { filter: PostFilter };

/**
 * What a list of posts was asked for, over all campaigns or of one. Relevance is an order for a search alone; one that finds
 * no more than can be put in that order has it unless another is chosen.
 * @throws ValidationError with one key of the message catalogue for each wrong parameter
 */
export async function readPostQuery(
  asked: Record<string, unknown>,
  { knex }: Context,
  campaign?: PatreonCampaign,
): Promise<PostListQuery> {
  const isSearch = typeof asked.q === 'string' && asked.q.trim() !== '';
  const sorts = { ...PatreonPost.sorts, ...(isSearch && { relevance: RELEVANCE }) };
  const isUnranked = !isSearch && (asked.sort === BY_RELEVANCE || asked.sort === 'relevance');
  const wanted = {
    ...asked,
    ...(campaign && { campaign: '' }),
    ...(isUnranked && { sort: '', after: '', before: '' }),
  };
  const query = parseListQuery(postFilters, sorts, BY_DATE, wanted);
  const { audience, paid, published_from: from, published_to: to, q, gone } = query.filters;
  const { chosenCampaign, tier } = await findChosen(query.filters, knex);
  const of = campaign ?? chosenCampaign;
  const search = q ? await readPostSearch(q, { campaignId: of?.id, gone }, knex) : undefined;
  const filter = {
    campaignId: of?.id,
    tier,
    audience,
    isPaid: paid === undefined ? undefined : paid === 'yes',
    published: from || to ? { from, to, timeZone: of?.time_zone ?? 'UTC' } : undefined,
    search,
    q: search ? undefined : q,
    gone,
  };
  // Later pages keep the order of the first one, which their address names unless it is by date.
  const isFree = !wanted.sort && !wanted.after && !wanted.before;
  if (!isFree || !search || search.found.count > RANKED) return { ...query, filter };
  return { ...parseListQuery(postFilters, sorts, BY_DATE, { ...wanted, sort: BY_RELEVANCE }), filter };
}

/** The list as its page shows it. @throws ValidationError */
export async function readPostList(req: Request, context: Context, campaign?: PatreonCampaign) {
  const { knex } = context;
  const query = await readPostQuery(req.query, context, campaign);
  const { filter } = query;
  const isRanked = query.order.value === RELEVANCE.value;
  const { page, total } = await readPage(query, knex);
  const [named, tierOf, excerpts] = await Promise.all([
    PatreonCampaign.listByIds(
      page.rows.map((post) => post.campaign_id),
      knex,
    ),
    tiersNamedBy(page.rows, context),
    filter.search
      ? PatreonPostSearch.excerpts(
          page.rows.map(({ id }) => id),
          filter.search,
          knex,
        )
      : new Map<number, string>(),
  ]);
  const campaigns = new Map(named.map((row) => [row.id, row]));
  return {
    ...listView(req.path, query, page, total),
    filters: query.filters,
    chosenSort: query.parameters.sort,
    campaigns,
    tierOf,
    postAudience,
    excerptOf: (post: PatreonPost) => excerptHtml(excerpts.get(post.id)),
    isSearch: query.filters.q !== undefined && query.filters.q !== '',
    ranked: isRanked && total.count > RANKED ? RANKED : null,
  };
}

/** A search without anything else is answered from what it keeps itself; the rest from the posts. */
async function readPage({ filter, order, position }: PostListQuery, knex: Context['knex']) {
  const { search, campaignId, gone, tier, audience, isPaid, published } = filter;
  const isPlain = [tier, audience, isPaid, published].every((asked) => asked === undefined);
  if (search && isPlain && order.value !== PatreonPost.sorts.title.value) {
    const asked = { search, campaignId, gone };
    const found = await PatreonPostSearch.listPage(asked, order, position, knex);
    const rows = await PatreonPost.listByIds(
      found.rows.map(({ id }) => id),
      knex,
    );
    return { page: { ...found, rows }, total: search.found };
  }
  const isRanked = order.value === RELEVANCE.value;
  const [page, total] = await Promise.all([
    (isRanked ? PatreonPost.listRelevant : PatreonPost.listPage)(filter, order, position, knex),
    search && isPlain ? search.found : PatreonPost.countMatching(filter, knex),
  ]);
  return { page, total };
}

/** @throws ValidationError for a campaign or tier that is not there. */
async function findChosen(
  ids: { campaign?: number | undefined; tier?: number | undefined },
  knex: Context['knex'],
): Promise<{ chosenCampaign: PatreonCampaign | undefined; tier: PatreonTier | undefined }> {
  const [chosenCampaign, tier] = await Promise.all([
    ids.campaign === undefined ? undefined : PatreonCampaign.findById(ids.campaign, knex),
    ids.tier === undefined ? undefined : PatreonTier.findById(ids.tier, knex),
  ]);
  const errors = {
    ...(ids.campaign !== undefined && !chosenCampaign && { campaign: 'list:problem.campaign' }),
    ...(ids.tier !== undefined && !tier && { tier: 'list:problem.tier' }),
  };
  if (Object.keys(errors).length > 0) throw new ValidationError(errors);
  return { chosenCampaign, tier };
}

/** The tiers that posts name. A post may name one that we never read: its id is all there is to show then. */
export async function tiersNamedBy(
  posts: readonly Pick<PatreonPost, 'campaign_id' | 'tiers'>[],
  { knex }: Pick<Context, 'knex'>,
): Promise<(post: Pick<PatreonPost, 'campaign_id'>, patreonId: string) => PatreonTier | undefined> {
  const tiers = await PatreonTier.listByPatreonIds(
    posts.map((post) => post.campaign_id),
    posts.flatMap((post) => post.tiers ?? []),
    knex,
  );
  const byPlace = new Map(tiers.map((tier) => [`${tier.campaign_id} ${tier.patreon_id}`, tier]));
  return (post, patreonId) => byPlace.get(`${post.campaign_id} ${patreonId}`);
}
