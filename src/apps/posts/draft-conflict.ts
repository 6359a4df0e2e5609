import type { Request, Response } from 'express';
import type { Context } from '../../context';
import { mergeLines } from '../../lib/text-diff';
import type { PatreonCampaign } from '../campaigns/campaign.model';
import type { DraftContent } from './draft.model';
import { changedFields, type DraftField, mergeContent, pickFields } from './draft-content';
import { compareFields } from './draft-diff';
import { formStateOf } from './draft-form';
import { describeFields, draftCrumbs, fieldNames, staffName } from './draft-page';
import { PostDraftVersion } from './draft-version.model';
import type { SaveOutcome } from './drafts.service';

type Join = (mine: DraftContent, theirs: DraftContent, base: DraftContent | undefined) => Partial<DraftContent>;

/** Of fields that can hold what both wrote. */
const JOINED: { [F in DraftField]?: Join } = {
  content: (mine, theirs, base) => ({ content: joinTexts('content', mine, theirs, base) }),
  notes: (mine, theirs, base) => ({ notes: joinTexts('notes', mine, theirs, base) }),
  tags: (mine, theirs) => ({ tags: [...new Set([...mine.tags, ...theirs.tags])] }),
  tiers: (mine, theirs) => ({ tiers: [...new Set([...mine.tiers, ...theirs.tiers])] }),
};

const isJoinable = (field: DraftField): boolean => field in JOINED;

/** Both changes in one text if they are apart from each other, else both texts. */
function joinTexts(
  field: 'content' | 'notes',
  mine: DraftContent,
  theirs: DraftContent,
  base: DraftContent | undefined,
): string {
  return mergedText(field, mine, theirs, base) ?? `${mine[field]}\n\n${theirs[field]}`;
}

const mergedText = (
  field: 'content' | 'notes',
  mine: DraftContent,
  theirs: DraftContent,
  base: DraftContent | undefined,
): string | undefined => base && mergeLines(base[field], mine[field], theirs[field]);

/** What both wrote can be one text in which each change stands where it was made. */
function isMergeable(field: DraftField, mine: DraftContent, theirs: DraftContent, base: DraftContent | undefined) {
  if (field === 'tags' || field === 'tiers') return true;
  return (field === 'content' || field === 'notes') && mergedText(field, mine, theirs, base) !== undefined;
}

/**
 * What somebody wrote, after they chose for each field in conflict what shall hold: theirs, both, or else their own.
 * `base`: what both began with, if that is known.
 */
export function chosenContent(
  body: unknown,
  mine: DraftContent,
  theirs: DraftContent,
  base: DraftContent | undefined,
): DraftContent {
  const choices = (body ?? {}) as Record<string, unknown>;
  const content = { ...mine };
  for (const field of changedFields(mine, theirs)) {
    const choice = choices[`choice_${field}`];
    if (choice === 'theirs') Object.assign(content, pickFields(theirs, [field]));
    if (choice === 'both') Object.assign(content, JOINED[field]?.(mine, theirs, base));
  }
  return content;
}

interface Conflict {
  campaign: PatreonCampaign;
  outcome: SaveOutcome & { isSaved: false };
  /** What was sent. */
  content: DraftContent;
  baseVersion: number;
}

/** Shows both texts where they differ, and asks. What was sent stands in the page's form, so that nothing is typed twice. */
export async function showConflict(req: Request, res: Response, context: Context, conflict: Conflict): Promise<void> {
  const { campaign, outcome, content } = conflict;
  const { draft, conflicts } = outcome;
  const base = await PostDraftVersion.find(draft.id, conflict.baseVersion, context.knex);
  const merged = mergeContent(base, content, draft);
  const asked = { ...merged.content, ...pickFields(content, conflicts) };
  const [values, mine, theirs, name] = await Promise.all([
    formStateOf(asked, campaign, context.knex),
    describeFields(req, content, campaign, context),
    describeFields(req, draft, campaign, context),
    staffName(req, draft.saved_by, context),
  ]);
  const alone = [...new Set([...changedFields(content, draft)])].filter((field) => !conflicts.includes(field));
  const title = req.t('drafts:conflict.title', { title: draft.title || req.t('drafts:untitled') });
  const locals = {
    title,
    section: 'posts',
    breadcrumbs: draftCrumbs(req, draft, req.t('drafts:form.editCrumb')),
    timeZone: campaign.time_zone,
    draft,
    outcome,
    baseVersion: conflict.baseVersion,
    values,
    name,
    merged: alone.length > 0 ? fieldNames(req, alone) : '',
    fields: conflicts.map((field) => ({
      isJoinable: isJoinable(field),
      isMergeable: isMergeable(field, content, draft, base),
      ...compareFields(field, draft, content, { before: theirs[field], after: mine[field] }),
    })),
  };
  res.view('drafts/conflict', locals, { status: 409 });
}
