import { isSameText } from './post-likeness';

/** What a published post is compared with: the version that was handed off, or what staff accepted later. */
export interface DriftBase {
  title: string;
  /** Without markup. */
  text: string;
  is_public: boolean | null;
  /** Patreon's tier ids. */
  tiers: readonly string[] | null;
}

export interface Drift {
  title: boolean;
  text: boolean;
  audience: boolean;
}

/** In what Patreon's copy of a post differs. What it does not tell is no difference. */
export function driftOf(base: DriftBase, post: DriftBase & { hasText: boolean }): Drift {
  return {
    title: !isSameText(base.title, post.title),
    text: post.hasText && !isSameText(base.text, post.text),
    audience: hasOtherAudience(base, post),
  };
}

export const isDrifted = ({ title, text, audience }: Drift): boolean => title || text || audience;

/** Tiers count only where both name some: Patreon often names none for posts that are for its tiers. */
function hasOtherAudience(base: DriftBase, post: DriftBase): boolean {
  if (base.is_public === null || post.is_public === null) return false;
  if (base.is_public !== post.is_public) return true;
  if (base.is_public || !base.tiers?.length || !post.tiers?.length) return false;
  const tiers = new Set(base.tiers);
  return tiers.size !== new Set(post.tiers).size || post.tiers.some((tier) => !tiers.has(tier));
}
