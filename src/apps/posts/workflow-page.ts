import type { Request } from 'express';
import type { Context } from '../../context';
import type { Translate } from '../../i18n';
import { renderMarkdown } from '../../lib/markdown';
import { diffText, shortenParts } from '../../lib/text-diff';
import { Staff } from '../accounts/staff.model';
import type { PostDraft } from './draft.model';
import { PostDraftComment } from './draft-comment.model';
import { listOffered } from './draft-link.service';
import { PostDraftMove } from './draft-move.model';
import { type DraftState, isEditable, staffMoves } from './draft-states';
import { type Comparison, comparisonOf } from './drift.service';
import { PatreonPost } from './post.model';
import { preflight } from './preflight.service';

const MOVES = 10;
const COMMENTS = 100;

/** What was typed into a form of these parts and refused. */
export interface RefusedForm {
  form: 'move' | 'comment';
  values: Record<string, string>;
  errors: Record<string, string>;
}

/** What `drafts/_workflow` and `drafts/_comments` show of a draft: its way so far, what comes next, and what was said of it. */
export async function workflowLocals(
  req: Request,
  context: Context,
  draft: PostDraft,
  refused: RefusedForm | null = null,
) {
  const { knex } = context;
  const [moves, comments, openComments, post] = await Promise.all([
    PostDraftMove.listOfDraft(draft.id, MOVES, knex),
    PostDraftComment.listOfDraft(draft.id, COMMENTS + 1, knex),
    PostDraftComment.countOpen(draft.id, knex),
    draft.post_id === null ? undefined : PatreonPost.findById(draft.post_id, knex),
  ]);
  const [stage, names] = await Promise.all([
    stageOf(req, context, draft),
    Staff.listNames(
      [draft.state_by, ...moves.map((move) => move.moved_by), ...comments.flatMap(peopleOf)],
      context.knex,
    ),
  ]);
  const words = { picture: req.t('posts:picture') };
  return {
    workflow: {
      draft,
      ...stage,
      moves,
      buttons: staffMoves(draft.state).filter((to) => to !== 'handed_off'),
      post: post ?? null,
      nameOf: (id: number | null) => (id === null ? null : (names.get(id) ?? null)),
      comments: comments.slice(0, COMMENTS).map((comment) => ({ comment, html: renderMarkdown(comment.body, words) })),
      hasMoreComments: comments.length > COMMENTS,
      openComments,
      refused,
    },
  };
}

/** What belongs to the state that the draft is in, and is looked up in no other. */
async function stageOf(req: Request, context: Context, draft: PostDraft) {
  const isChecked = (state: DraftState) => isEditable(state) && state !== 'idea';
  const [findings, offered, comparison] = await Promise.all([
    isChecked(draft.state) ? preflight(context, draft) : null,
    draft.state === 'handed_off' ? listOffered(draft.id, context.knex) : [],
    draft.state === 'drifted' ? comparisonOf(draft.id, context.knex) : undefined,
  ]);
  return { findings, offered, drift: comparison ? driftShown(comparison, req.t) : null };
}

/** In what Patreon's copy differs, for `drafts/_difference`. */
function driftShown({ base, post, drift, postChangedAt }: Comparison, t: Translate) {
  const audience = { before: t(audienceWord(base)), after: t(audienceWord(post)) };
  const differences = [
    ...(drift.title ? [textDifference('title', base.title, post.title)] : []),
    ...(drift.text ? [textDifference('content', base.text, post.text)] : []),
    ...(drift.audience ? [{ field: 'audience', isText: false, parts: null, ...audience }] : []),
  ];
  return { differences, seen: postChangedAt };
}

function textDifference(field: string, before: string, after: string) {
  const parts = diffText(before, after);
  return { field, isText: true, parts: parts ? shortenParts(parts) : null, before, after };
}

const audienceWord = ({ is_public, tiers }: Comparison['base']) =>
  `posts:audience.${is_public ? 'public' : tiers && tiers.length > 0 ? 'tiers' : 'members'}`;

const peopleOf = ({ author_id, resolved_by }: PostDraftComment) => [author_id, resolved_by];
