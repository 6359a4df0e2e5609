import { setImmediate } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Context } from '../../context';
import { ConflictError, NotFoundError } from '../../errors';
import { htmlText } from '../../lib/html-text';
import { markdownText } from '../../lib/markdown-text';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { PostDraft } from './draft.model';
import { moveDraft } from './draft-moves.service';
import { type Drift, type DriftBase, driftOf, isDrifted } from './drift';
import { COMPARED } from './post-matching';

/** So many are compared before what was found is stored. */
const PART = 50;

interface ComparedRow {
  id: number;
  state: 'published' | 'drifted';
  post_id: number;
  post_changed_at: string;
  handed_title: string;
  handed_content: string;
  handed_is_public: boolean;
  handed_tiers: string[];
  accepted_title: string | null;
  accepted_text: string | null;
  accepted_is_public: boolean | null;
  accepted_tiers: string[] | null;
  accepted_at: string | null;
  title: string | null;
  content: string | null;
  is_public: boolean | null;
  tiers: string[] | null;
}

/** Both sides of a published draft, and in what they differ. */
export interface Comparison {
  base: DriftBase;
  post: DriftBase & { hasText: boolean };
  drift: Drift;
  /** `changed_at` of the post that was compared. */
  postChangedAt: string;
}

/** Compares the linked posts of a campaign that were stored anew since they were last compared. */
export async function findDrift(context: Context, campaignId: number): Promise<void> {
  for (let last = 0; ; ) {
    const rows: ComparedRow[] = await compared(context.knex)
      .where('d.campaign_id', campaignId)
      .where('d.id', '>', last)
      .whereRaw('c.post_changed_at is distinct from p.changed_at')
      .orderBy('d.id')
      .limit(PART);
    const same: ComparedRow[] = [];
    for (const row of rows) {
      // Long texts of many: others have their turn in between.
      await setImmediate();
      if ((row.state === 'drifted') === isDrifted(compare(row).drift)) same.push(row);
      else await settleRow(context, row);
    }
    await noteCompared(context.knex, same);
    if (rows.length < PART) return;
    last = rows.at(-1)?.id ?? last;
  }
}

/** What the page of a published draft shows; undefined when it has no live post. */
export async function comparisonOf(draftId: number, knex: Knex): Promise<Comparison | undefined> {
  const [row]: ComparedRow[] = await compared(knex).where('d.id', draftId);
  return row && compare(row);
}

/**
 * Staff accept what Patreon has: it is what the post is compared with from now on. Saying so again changes nothing.
 * @param seen `changed_at` of the post that they looked at
 * @throws NotFoundError, and ConflictError when Patreon's copy has changed meanwhile
 */
export async function acceptDrift(context: Context, draftId: number, seen: string, actor: Actor): Promise<void> {
  await context.knex.transaction(async (trx) => {
    const draft = await PostDraft.lockLive(draftId, trx);
    if (!draft) throw new NotFoundError();
    if (draft.state === 'published') return;
    const [row]: ComparedRow[] = await compared(trx).where('d.id', draftId);
    if (!row || row.post_changed_at !== seen)
      throw new ConflictError('Patreon’s copy has changed meanwhile. Look at it again first.', 'changed_meanwhile');
    const { post } = compare(row);
    await moveDraft(trx, { draftId, to: 'published', staffId: actor.staffId ?? null, now: context.clock.now() });
    const accepted = {
      post_changed_at: seen,
      accepted_title: post.title,
      accepted_text: post.text,
      accepted_is_public: post.is_public,
      accepted_tiers: post.tiers as string[] | null,
      accepted_by: actor.staffId ?? null,
      accepted_at: context.clock.now().toISOString(),
    };
    await trx('post_draft_comparisons')
      .insert({ draft_id: draftId, ...accepted })
      .onConflict('draft_id')
      .merge();
    await recordAudit(trx, { ...actor, action: 'draft.accepted', subject: { type: 'post', id: draftId } });
  });
}

/** Whether staff accepted what Patreon made of a draft: its own text is the older one then. */
export async function isAccepted(draftId: number, db: Knex): Promise<boolean> {
  const row = await db('post_draft_comparisons')
    .where({ draft_id: draftId })
    .whereNotNull('accepted_at')
    .first('draft_id');
  return row !== undefined;
}

function compare(row: ComparedRow): Comparison {
  const handed = {
    title: row.handed_title,
    text: markdownText(row.handed_content),
    is_public: row.handed_is_public,
    tiers: row.handed_tiers,
  };
  const accepted = {
    title: row.accepted_title ?? '',
    text: row.accepted_text ?? '',
    is_public: row.accepted_is_public,
    tiers: row.accepted_tiers,
  };
  const base = row.accepted_at === null ? handed : accepted;
  const { is_public, tiers } = row;
  const text = htmlText(row.content);
  const post = { title: row.title ?? '', text, hasText: row.content !== null, is_public, tiers };
  return { base, post, drift: driftOf(base, post), postChangedAt: row.post_changed_at };
}

/** Published drafts with their live posts. */
function compared(knex: Knex) {
  return knex('post_drafts as d')
    .join('patreon_posts as p', 'p.id', 'd.post_id')
    .join('post_draft_versions as v', (on) => on.on('v.draft_id', 'd.id').andOn('v.version', 'd.handed_off_version'))
    .leftJoin('post_draft_comparisons as c', 'c.draft_id', 'd.id')
    .select('d.id', 'd.state', 'd.post_id', 'p.changed_at as post_changed_at')
    .select('v.title as handed_title', 'v.content as handed_content')
    .select('v.is_public as handed_is_public', 'v.tiers as handed_tiers')
    .select('c.accepted_title', 'c.accepted_text', 'c.accepted_is_public', 'c.accepted_tiers', 'c.accepted_at')
    .select('p.title', 'p.is_public', 'p.tiers', knex.raw('left(p.content, ?) as content', [COMPARED]))
    .whereIn('d.state', ['published', 'drifted'])
    .whereNull('d.deleted_at')
    .whereNull('p.gone_at');
}

/** The move and the note of what was compared stand or fall together; somebody else may have been first. */
async function settleRow({ knex, clock }: Context, row: ComparedRow): Promise<void> {
  await knex.transaction(async (trx) => {
    const draft = await PostDraft.lockLive(row.id, trx);
    if (!draft || draft.state !== row.state || draft.post_id !== row.post_id) return;
    const to = row.state === 'drifted' ? 'published' : 'drifted';
    await moveDraft(trx, { draftId: row.id, to, staffId: null, now: clock.now() });
    await noteCompared(trx, [row]);
  });
}

async function noteCompared(knex: Knex, rows: readonly ComparedRow[]): Promise<void> {
  if (rows.length === 0) return;
  await knex('post_draft_comparisons')
    .insert(rows.map(({ id, post_changed_at }) => ({ draft_id: id, post_changed_at })))
    .onConflict('draft_id')
    .merge(['post_changed_at']);
}
