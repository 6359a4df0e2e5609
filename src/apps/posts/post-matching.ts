import { isSameText, isSameTitle, likeness } from './post-likeness';

/** A draft that waits for its post: the version that was handed off. */
export interface Handed {
  id: number;
  /** Of a revision: the post that it is to become. */
  post_id: number | null;
  handed_off_at: string;
  handed_off_version: number;
  title: string;
  /** Without markup. */
  text: string;
  runs: ReadonlySet<string>;
  /** Posts that staff said it is not. */
  refused: ReadonlySet<number>;
}

/** A post of Patreon's, to be compared. */
export interface Seen {
  id: number;
  title: string;
  text: string;
  runs: ReadonlySet<string>;
  /** Unix milliseconds. */
  publishedAt: number;
}

export interface Candidate {
  draftId: number;
  postId: number;
  /** Nothing but its being one of several can speak against it. */
  isSure: boolean;
  hasSameTitle: boolean;
  likeness: number | null;
}

/** Characters of Patreon's HTML that are looked at: more than a text of ours becomes. */
export const COMPARED = 500_000;

/** Texts with half of their words in a row in common are versions of one another. */
export const ALIKE = 0.5;

/** How much a post looks like a draft. The same title alone is not enough to be sure: some are used every week. */
export function judge(draft: Pick<Handed, 'title' | 'text' | 'runs'>, post: Omit<Seen, 'id' | 'publishedAt'>) {
  const hasSameTitle = isSameTitle(draft.title, post.title);
  const share = likeness(draft.runs, post.runs);
  const isAlike = share !== null && share >= ALIKE;
  return {
    hasSameTitle,
    likeness: share,
    isCandidate: hasSameTitle || isAlike,
    isSure: hasSameTitle && isAlike,
  };
}

/** Whether a post has become what was handed off: the same title and the same words. */
export const isEqual = (draft: Pick<Handed, 'title' | 'text'>, post: Pick<Seen, 'title' | 'text'>): boolean =>
  isSameTitle(draft.title, post.title) && isSameText(draft.text, post.text);
