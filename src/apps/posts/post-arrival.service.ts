import { setImmediate } from 'node:timers/promises';
import type { Context } from '../../context';
import { htmlText } from '../../lib/html-text';
import { markdownText } from '../../lib/markdown-text';
import { arrive, keepCandidates } from './draft-link.service';
import { findDrift } from './drift.service';
import { wordRuns } from './post-likeness';
import { type Candidate, COMPARED, type Handed, isEqual, judge, type Seen } from './post-matching';

/** So many drafts that wait are looked for at once; of more, each part has its turn. */
const WAITING = 200;
const TURN_MS = 600_000;
/** So many of a campaign's latest posts can be what they wait for. */
const POSTS = 300;
const PAGE = 50;
/** Clocks differ, and a post may be dated back a little. */
const BEFORE_HAND_OFF = "interval '1 day'";

/**
 * Finds handed-off drafts among a campaign's posts: what is surely one of them is linked and published, what may be one
 * waits for staff. Then compares what is linked with what was handed off. Safe to repeat, also at the same time; called
 * after every read that stored something.
 */
export async function settlePosts(context: Context, campaignId: number): Promise<void> {
  const waiting = await listHanded(context, campaignId);
  const revisions = waiting.filter(({ post_id }) => post_id !== null);
  const fresh = waiting.filter(({ post_id }) => post_id === null);
  if (revisions.length > 0) await settleRevisions(context, revisions);
  if (fresh.length > 0) await settleFresh(context, campaignId, fresh);
  await findDrift(context, campaignId);
}

/** How many of a campaign's waiting drafts are passed over this time. */
async function passedOver({ knex, clock }: Context, campaignId: number): Promise<number> {
  const [{ count } = { count: 0 }]: { count: number | string }[] = await knex('post_drafts')
    .where({ campaign_id: campaignId, state: 'handed_off' })
    .whereNull('deleted_at')
    .count('* as count');
  const parts = Math.max(1, Math.ceil(Number(count) / WAITING));
  return (Math.floor(clock.now().getTime() / TURN_MS) % parts) * WAITING;
}

async function listHanded(context: Context, campaignId: number): Promise<Handed[]> {
  const { knex } = context;
  const rows: (Omit<Handed, 'text' | 'runs' | 'refused'> & { content: string; refused: number[] })[] = await knex(
    'post_drafts as d',
  )
    .join('post_draft_versions as v', (on) => on.on('v.draft_id', 'd.id').andOn('v.version', 'd.handed_off_version'))
    .select('d.id', 'd.post_id', 'd.handed_off_at', 'd.handed_off_version', 'v.title', 'v.content')
    .select(
      knex.raw(
        `array(select c.post_id from post_draft_candidates c
                where c.draft_id = d.id and c.refused_at is not null) as refused`,
      ),
    )
    .where({ 'd.campaign_id': campaignId, 'd.state': 'handed_off' })
    .whereNull('d.deleted_at')
    .orderBy(['d.handed_off_at', 'd.id'])
    .offset(await passedOver(context, campaignId))
    .limit(WAITING);
  return rows.map(({ content, refused, ...row }) => {
    const text = markdownText(content);
    return { ...row, text, runs: wordRuns(text), refused: new Set(refused.map(Number)) };
  });
}

/**
 * A revision has arrived once Patreon has its title and its text. A post that was changed to something else since the
 * hand-off may be it all the same: staff have to say so.
 */
async function settleRevisions(context: Context, revisions: readonly Handed[]): Promise<void> {
  const posts: StoredPost[] = await postsOf(context).whereRaw('p.id = any(?::bigint[])', [
    revisions.map(({ post_id }) => Number(post_id)),
  ]);
  for (const draft of revisions) {
    const post = posts.find(({ id }) => id === draft.post_id);
    if (!post) continue;
    await setImmediate();
    const seen = seenPost(post);
    if (isEqual(draft, seen)) await arrive(context, { draft, postId: post.id, by: null });
    else if (Date.parse(post.changed_at) > Date.parse(draft.handed_off_at) && !draft.refused.has(post.id)) {
      const { hasSameTitle, likeness } = judge(draft, seen);
      await keepCandidates(context, draft, [{ postId: post.id, hasSameTitle, likeness }]);
    }
  }
}

async function settleFresh(context: Context, campaignId: number, drafts: readonly Handed[]): Promise<void> {
  const candidates = await listCandidates(context, campaignId, drafts);
  for (const draft of drafts) {
    const own = candidates.filter(({ draftId }) => draftId === draft.id);
    const [only] = own;
    const isAlone = own.length === 1 && candidates.every((one) => one === only || one.postId !== only?.postId);
    if (only?.isSure && isAlone) await arrive(context, { draft, postId: only.postId, by: null });
    else await keepCandidates(context, draft, own);
  }
}

/** Every post that may be one of these drafts, read in pages so that the texts of many never stand in memory together. */
async function listCandidates(context: Context, campaignId: number, drafts: readonly Handed[]): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (let offset: { published_at: string; id: number } | undefined, read = 0; read < POSTS; read += PAGE) {
    const posts = await pageOfPosts(context, campaignId, drafts, offset);
    for (const post of posts) {
      const seen = seenPost(post);
      // Long texts of many: others have their turn in between.
      await setImmediate();
      found.push(...drafts.flatMap((draft) => candidateOf(draft, seen)));
    }
    if (posts.length < PAGE) break;
    offset = posts.at(-1);
  }
  return found;
}

function candidateOf(draft: Handed, seen: Seen): Candidate[] {
  if (draft.refused.has(seen.id) || seen.publishedAt < Date.parse(draft.handed_off_at) - 86_400_000) return [];
  const { isCandidate, isSure, hasSameTitle, likeness } = judge(draft, seen);
  return isCandidate ? [{ draftId: draft.id, postId: seen.id, isSure, hasSameTitle, likeness }] : [];
}

interface StoredPost {
  id: number;
  title: string | null;
  content: string | null;
  published_at: string;
  changed_at: string;
}

function seenPost({ id, title, content, published_at }: StoredPost): Seen {
  const text = htmlText(content);
  return { id, title: title ?? '', text, runs: wordRuns(text), publishedAt: Date.parse(published_at) };
}

function postsOf({ knex }: Context) {
  return knex('patreon_posts as p')
    .select('p.id', 'p.title', 'p.published_at', 'p.changed_at', knex.raw('left(p.content, ?) as content', [COMPARED]))
    .whereNull('p.gone_at');
}

/** Live posts that nobody wrote here yet and that came after the first of these hand-offs, newest first. */
async function pageOfPosts(
  context: Context,
  campaignId: number,
  drafts: readonly Handed[],
  after: { published_at: string; id: number } | undefined,
): Promise<StoredPost[]> {
  const first = new Date(Math.min(...drafts.map(({ handed_off_at }) => Date.parse(handed_off_at)))).toISOString();
  const query = postsOf(context)
    .where('p.campaign_id', campaignId)
    .whereRaw(`p.published_at >= ?::timestamptz - ${BEFORE_HAND_OFF}`, [first])
    .whereRaw('not exists (select from post_drafts d where d.post_id = p.id and d.deleted_at is null)')
    .orderBy([
      { column: 'p.published_at', order: 'desc' },
      { column: 'p.id', order: 'desc' },
    ])
    .limit(PAGE);
  if (after) query.whereRaw('(p.published_at, p.id) < (?::timestamptz, ?::bigint)', [after.published_at, after.id]);
  return query;
}
