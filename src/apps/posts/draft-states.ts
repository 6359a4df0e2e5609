export const DRAFT_STATES = ['idea', 'draft', 'in_review', 'ready', 'handed_off', 'published', 'drifted'] as const;
export type DraftState = (typeof DRAFT_STATES)[number];

/** What a draft may become. Only a sync publishes by itself or finds that Patreon's copy changed; staff may confirm it. */
const MOVES: Record<DraftState, readonly DraftState[]> = {
  idea: ['draft'],
  draft: ['idea', 'in_review', 'ready'],
  in_review: ['draft', 'ready'],
  ready: ['draft', 'handed_off'],
  handed_off: ['draft', 'published'],
  published: ['drifted'],
  drifted: ['published'],
};

export const mayMove = (from: DraftState, to: DraftState): boolean => MOVES[from].includes(to);

/** Whoever writes in it takes it back to `draft` first when it is past that. */
export const isEditable = (state: DraftState): boolean =>
  state === 'idea' || state === 'draft' || state === 'in_review';
