export const DRAFT_STATES = ['idea', 'draft', 'in_review', 'ready', 'handed_off', 'published', 'drifted'] as const;
export type DraftState = (typeof DRAFT_STATES)[number];

/** What a draft may become. */
const MOVES: Record<DraftState, readonly DraftState[]> = {
  idea: ['draft'],
  draft: ['idea', 'in_review', 'ready'],
  in_review: ['draft', 'ready'],
  ready: ['draft', 'handed_off'],
  handed_off: ['draft', 'published'],
  // Back to `draft` begins a revision: the same post, written anew.
  published: ['drifted', 'draft'],
  drifted: ['published', 'draft'],
};

/** Found on Patreon: by a sync, or by staff who confirm what it found; nobody simply says so. */
const FOUND: readonly DraftState[] = ['published', 'drifted'];

export const mayMove = (from: DraftState, to: DraftState): boolean => MOVES[from].includes(to);

/** It stands on Patreon, as we wrote it or otherwise. */
export const isLive = (state: DraftState): boolean => FOUND.includes(state);

/** The text is on its way to Patreon, or there. */
export const isOut = (state: DraftState): boolean => state === 'handed_off' || isLive(state);

/** The moves that a button offers. */
export const staffMoves = (from: DraftState): DraftState[] => MOVES[from].filter((to) => !FOUND.includes(to));

/** Whoever writes in it takes it back to `draft` first when it is past that. */
export const isEditable = (state: DraftState): boolean =>
  state === 'idea' || state === 'draft' || state === 'in_review';
