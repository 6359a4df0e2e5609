import { OWN_PICTURE } from '../../lib/rich-text';
import type { DraftContent } from './draft.model';
import { describedByName } from './post-picture.model';
import { type ContentParts, leftMarkers } from './preflight-content';

/** Where a finding is put right: a field of the draft's form. */
export type FindingPlace =
  | 'title'
  | 'content'
  | 'is_public'
  | 'tiers'
  | 'min_cents_pledged_to_view'
  | 'planned_for'
  | 'cover_id';

/** Something about a draft that should be looked at before it is called ready. */
export interface Finding {
  /** Its text is `workflow:preflight.{code}`. */
  code: string;
  /** Errors stop; warnings can be passed by saying that one has looked at them. */
  severity: 'error' | 'warning';
  place: FindingPlace;
  /** For the text: what was found, and in which line of the content. */
  vars: Record<string, string | number>;
}

/** Whether a draft with these findings may not be called ready. `isReviewed`: somebody has looked at the warnings. */
export const stopsReady = (findings: readonly Finding[], isReviewed: boolean): boolean =>
  findings.some(({ severity }) => severity === 'error' || !isReviewed);

/** What the database knows about a draft's campaign, and about what the draft names. */
export interface PreflightFacts {
  now: Date;
  /** Where this panel listens: nobody but staff can open a link to it. */
  panelHost: string;
  /** The campaign's tiers that the draft names, gone ones too, and its live ones. */
  tiers: readonly PreflightTier[];
  /** The pictures that the draft uses and that are still here: what their file was called, by id. */
  pictures: ReadonlyMap<number, string>;
}

export interface PreflightTier {
  patreon_id: string;
  title: string | null;
  amount_cents: number | null;
  published: boolean | null;
  gone_at: string | null;
}

export function ownPictureId(address: string): number | undefined {
  const id = OWN_PICTURE.exec(address)?.[1];
  return id === undefined ? undefined : Number(id);
}

/** Titles and first paragraphs that promise an audience. */
const SAYS_PUBLIC =
  /\b(?:public post|free for (?:all|everyone)|open to (?:all|everyone))\b|publication publique|article public|gratuite? pour tous|ouverte? à tous/i;
const SAYS_MEMBERS =
  /\b(?:patrons?|members?|supporters?)[ -]only\b|\bonly for (?:patrons|members)\b|\bexclusive (?:to|for) (?:patrons|members)\b|réservée? aux (?:mécènes|membres|abonnés)/i;

const finding = (
  severity: Finding['severity'],
  place: FindingPlace,
  code: string,
  vars: Finding['vars'] = {},
): Finding => ({ code, severity, place, vars });

/** Everything that the rules find in a draft, errors first, in the order of its form. */
export function findProblems(draft: DraftContent, parts: ContentParts, facts: PreflightFacts): Finding[] {
  const findings = [
    ...titleFindings(draft),
    ...contentFindings(draft, parts),
    ...pictureFindings(draft, parts, facts),
    ...linkFindings(parts, facts),
    ...audienceFindings(draft, parts),
    ...tierFindings(draft, facts),
    ...dateFindings(draft, facts),
  ];
  return [...findings.filter(({ severity }) => severity === 'error'), ...findings.filter(isWarning)];
}

const isWarning = ({ severity }: Finding): boolean => severity === 'warning';

function titleFindings({ title }: DraftContent): Finding[] {
  if (title.trim() === '') return [finding('error', 'title', 'titleEmpty')];
  return leftMarkers(title).map(({ marker }) => finding('warning', 'title', 'markerInTitle', { marker }));
}

function contentFindings({ content }: DraftContent, { text, pictures, markers }: ContentParts): Finding[] {
  if (content.trim() === '' || (text === '' && pictures.length === 0))
    return [finding('error', 'content', 'contentEmpty')];
  return markers.map(({ marker, line }) => finding('warning', 'content', 'marker', { marker, line }));
}

function pictureFindings({ cover_id }: DraftContent, { pictures }: ContentParts, facts: PreflightFacts): Finding[] {
  const inText = pictures.flatMap(({ address, alt, line }) => {
    const id = ownPictureId(address);
    return [
      ...(alt === '' ? [finding('warning', 'content', 'altMissing', { line })] : []),
      ...(isFileName(alt, id === undefined ? undefined : facts.pictures.get(id))
        ? [finding('warning', 'content', 'altFileName', { line, alt })]
        : []),
      ...(id === undefined ? [finding('warning', 'content', 'pictureForeign', { line })] : []),
      ...(id !== undefined && !facts.pictures.has(id) ? [finding('error', 'content', 'pictureMissing', { line })] : []),
    ];
  });
  const isCoverMissing = cover_id !== null && !facts.pictures.has(cover_id);
  return [...inText, ...(isCoverMissing ? [finding('error', 'cover_id', 'coverMissing')] : [])];
}

/** A picture that is put into the text is described by its file's name until somebody describes it. */
const isFileName = (alt: string, fileName: string | undefined): boolean =>
  alt !== '' && fileName !== undefined && alt === describedByName(fileName);

/** Addresses are judged by how they look; nobody is asked whether they answer. */
function linkFindings({ links }: ContentParts, { panelHost }: PreflightFacts): Finding[] {
  return links.flatMap(({ address, words, line }) => {
    const code = linkProblem(address, panelHost);
    return code ? [finding('warning', 'content', code, { line, words: words || address || '…' })] : [];
  });
}

function linkProblem(address: string, panelHost: string): string | undefined {
  if (address === '' || address === '#') return 'linkToNothing';
  if (!URL.canParse(address)) return 'linkRelative';
  const { protocol, host, hostname } = new URL(address);
  const isOfTheWeb = ['http:', 'https:'].includes(protocol);
  if (isOfTheWeb && (host === panelHost || !hostname.includes('.'))) return 'linkToPanel';
  return protocol === 'https:' ? undefined : 'linkNotHttps';
}

/** The title and the first paragraph are what everybody sees of a post that is for members. */
function audienceFindings(draft: DraftContent, { firstParagraph }: ContentParts): Finding[] {
  const { is_public, tiers, min_cents_pledged_to_view: least, title } = draft;
  const found: Finding[] = [];
  const shown = `${title}\n${firstParagraph}`;
  if (is_public && tiers.length > 0) found.push(finding('warning', 'is_public', 'publicWithTiers'));
  if (is_public && (least ?? 0) > 0) found.push(finding('warning', 'is_public', 'publicWithAmount'));
  if (!is_public && SAYS_PUBLIC.test(shown)) found.push(finding('warning', 'is_public', 'saysPublic'));
  if (is_public && SAYS_MEMBERS.test(shown)) found.push(finding('warning', 'is_public', 'saysMembers'));
  return found;
}

function tierFindings(draft: DraftContent, { tiers }: PreflightFacts): Finding[] {
  const chosen = draft.tiers.map((id) => tiers.find(({ patreon_id }) => patreon_id === id) ?? { patreon_id: id });
  const nameOf = (tier: { patreon_id: string; title?: string | null }) => tier.title || tier.patreon_id;
  const found = chosen.flatMap((tier) => {
    // Rows of tiers that are gone stay: one without a row was never read, and may well be on Patreon.
    if (!('gone_at' in tier)) return [finding('warning', 'tiers', 'tierUnread', { tier: nameOf(tier) })];
    if (tier.gone_at !== null) return [finding('error', 'tiers', 'tierGone', { tier: nameOf(tier) })];
    return tier.published === false ? [finding('warning', 'tiers', 'tierUnpublished', { tier: nameOf(tier) })] : [];
  });
  return [...found, ...amountFindings(draft, tiers)];
}

function amountFindings(
  { min_cents_pledged_to_view: least, tiers: chosen }: DraftContent,
  tiers: readonly PreflightTier[],
) {
  if (!least) return [];
  const paid = tiers.filter(({ amount_cents, gone_at }) => gone_at === null && (amount_cents ?? 0) > 0);
  const cheapest = Math.min(...paid.map(({ amount_cents }) => amount_cents as number));
  const below = paid.filter((tier) => chosen.includes(tier.patreon_id) && (tier.amount_cents as number) < least);
  return [
    ...(paid.length > 0 && least < cheapest
      ? [finding('warning', 'min_cents_pledged_to_view', 'amountBelowTiers')]
      : []),
    ...below.map((tier) =>
      finding('warning', 'min_cents_pledged_to_view', 'amountAboveTier', { tier: tier.title || tier.patreon_id }),
    ),
  ];
}

function dateFindings({ planned_for }: DraftContent, { now }: PreflightFacts): Finding[] {
  const isPast = planned_for !== null && Date.parse(planned_for) < now.getTime();
  return isPast ? [finding('warning', 'planned_for', 'plannedInPast')] : [];
}
