import type { Request } from 'express';
import type { Knex } from 'knex';
import type { QueryBuilder } from 'objection';
import { z } from 'zod';
import type { Context } from '../../context';
import {
  decodeCursor,
  encodeCursor,
  type KeysetPage,
  type KeysetPosition,
  type KeysetSort,
  keysetPage,
} from '../../db/keyset';
import { containing } from '../../db/like';
import { createFormat } from '../../http/format';
import { listAddress } from '../../http/list-address';
import { parseForm, plainText } from '../../http/parse';
import { Staff } from '../accounts/staff.model';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { PostDraft } from './draft.model';
import { UNSURE_SQL } from './draft-lateness';
import { DRAFT_STATES, type DraftState, isLive } from './draft-states';
import { PatreonPost } from './post.model';

export interface DraftFilter {
  state?: DraftState | undefined;
  campaignId?: number | undefined;
  /** Who began it. */
  createdBy?: number | undefined;
  /** Part of its title or text. */
  q?: string | undefined;
  /** Handed off, and staff have to say which post it became. */
  unsure?: boolean | undefined;
  /** Those that can still be brought back, instead of all others. */
  deleted?: boolean | undefined;
}

export const DRAFT_SORTS = {
  '-saved': { value: 'saved_at', type: 'timestamptz', descending: true },
  planned: { value: 'planned_for', type: 'timestamptz' },
} as const satisfies Record<string, KeysetSort>;
type DraftSort = keyof typeof DRAFT_SORTS;

/** Few, because the posts follow below. */
const PAGE = 10;
const LONGEST_SEARCH = 100;
const LISTED = [
  'id',
  'campaign_id',
  'state',
  'title',
  'planned_for',
  'saved_at',
  'saved_by',
  'version',
  'deleted_at',
  'post_id',
] as const;

/** One page of drafts, without their texts. */
export async function listDrafts(
  filter: DraftFilter,
  sort: KeysetSort,
  position: KeysetPosition,
  db: Knex,
): Promise<KeysetPage<PostDraft>> {
  return keysetPage(matching(filter, db).select(...LISTED), sort, position, PAGE);
}

function matching(
  { state, campaignId, createdBy, q, unsure, deleted }: DraftFilter,
  db: Knex,
): QueryBuilder<PostDraft, PostDraft[]> {
  const query = PostDraft.query(db).alias('d');
  if (deleted) query.whereNotNull('deleted_at');
  else query.whereNull('deleted_at');
  if (state) query.where({ state });
  if (campaignId !== undefined) query.where({ campaign_id: campaignId });
  if (createdBy !== undefined) query.where({ created_by: createdBy });
  if (unsure) query.whereRaw(UNSURE_SQL);
  if (q) {
    const part = containing(q);
    query.where((either) => either.where('title', 'ilike', part).orWhere('content', 'ilike', part));
  }
  return query;
}

/** Parameters of their own, because the list stands beside that of the posts. A wrong one asks for nothing. */
const query = z.object({
  draft_state: z
    .enum([...DRAFT_STATES, 'unsure', 'deleted'])
    .optional()
    .catch(undefined),
  drafts_q: plainText
    .max(LONGEST_SEARCH)
    .transform((text) => text.trim() || undefined)
    .optional()
    .catch(undefined),
  drafts_of: z.enum(['me']).optional().catch(undefined),
  drafts_sort: z.enum(['-saved', 'planned']).default('-saved').catch('-saved'),
  drafts_after: z.string().max(4_000).optional().catch(undefined),
  campaign: z
    .string()
    .regex(/^[1-9]\d{0,14}$/)
    .optional()
    .catch(undefined),
});

/** What `drafts/_list` shows: drafts of one campaign, of the one that is chosen, or of all. */
export async function readDraftList(req: Request, context: Context, campaign?: PatreonCampaign) {
  const { knex } = context;
  const asked = parseForm(query, req.query);
  const sort: DraftSort = asked.drafts_sort;
  const campaignId = campaign?.id ?? (asked.campaign === undefined ? undefined : Number(asked.campaign));
  const filter = filterOf(asked, campaignId, req);
  const after =
    asked.drafts_after === undefined ? undefined : decodeCursor(asked.drafts_after, sort, DRAFT_SORTS[sort]);
  const page = await listDrafts(filter, DRAFT_SORTS[sort], after ? { after } : {}, knex);
  const [campaigns, names, publishedAt] = await Promise.all([
    PatreonCampaign.listByIds(
      page.rows.map((draft) => draft.campaign_id),
      knex,
    ),
    Staff.listNames(
      page.rows.map((draft) => draft.saved_by),
      context.knex,
    ),
    publishedTimes(page.rows, knex),
  ]);
  const { drafts_q, draft_state, drafts_of } = asked;
  const chosen = { drafts_q, draft_state, drafts_of, drafts_sort: sort };
  const isFiltered = Boolean(drafts_q ?? draft_state ?? drafts_of);
  const address = listAddress(req.path, { ...chosen, ...(campaign ? {} : { campaign: asked.campaign }) });
  return {
    rows: page.rows,
    campaigns: new Map(campaigns.map((row) => [row.id, row])),
    /** Of those that are live, by the draft's id. */
    publishedAt,
    nameOf: (id: number | null) => (id !== null && names.get(id)) || req.t('drafts:somebody'),
    /** By the clocks of the draft's campaign: several stand side by side. */
    dateTime: (at: string, timeZone: string | null | undefined) =>
      createFormat(req.locale, timeZone ?? null).dateTime(at),
    filters: chosen,
    campaignId,
    longestSearch: LONGEST_SEARCH,
    isFiltered,
    /** There are some, here or without the filters: else nothing is said of them but that. */
    isShown: page.rows.length > 0 || isFiltered || after !== undefined,
    isFirstPage: after === undefined,
    first: `${address()}#drafts`,
    next: page.next && `${address({ drafts_after: encodeCursor(sort, page.next) })}#drafts`,
  };
}

async function publishedTimes(drafts: readonly PostDraft[], db: Knex): Promise<Map<number, string>> {
  const live = drafts.filter(({ state, post_id }) => isLive(state) && post_id !== null);
  const ids = live.map(({ post_id }) => post_id as number);
  const posts = ids.length === 0 ? [] : await PatreonPost.query(db).select('id', 'published_at').findByIds(ids);
  const byPost = new Map(posts.map(({ id, published_at }) => [id, published_at]));
  return new Map(
    live.flatMap(({ id, post_id }) => {
      const at = byPost.get(post_id as number);
      return at ? [[id, at] as const] : [];
    }),
  );
}

function filterOf(asked: z.output<typeof query>, campaignId: number | undefined, req: Request): DraftFilter {
  const state = asked.draft_state;
  return {
    q: asked.drafts_q,
    campaignId,
    createdBy: asked.drafts_of === 'me' ? req.staff?.id : undefined,
    state: state === 'deleted' || state === 'unsure' ? undefined : state,
    unsure: state === 'unsure',
    deleted: state === 'deleted',
  };
}
