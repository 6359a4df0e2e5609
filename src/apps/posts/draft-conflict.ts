import type { Request, Response } from 'express';
import type { Context } from '../../context';
import { ValidationError } from '../../errors';
import { mergeLines } from '../../lib/text-diff';
import type { PatreonCampaign } from '../campaigns/campaign.model';
import type { DraftContent } from './draft.model';
import { changedFields, type DraftField, LONGEST, MOST_TAGS, mergeContent, pickFields } from './draft-content';
import { compareFields } from './draft-diff';
import { formStateOf } from './draft-form';
import { describeFields, draftCrumbs, fieldNames, staffName } from './draft-page';
import { PostDraftVersion } from './draft-version.model';
import type { SaveOutcome } from './drafts.service';

/** Fields that can hold what both wrote. */
const JOINABLE: readonly DraftField[] = ['content', 'notes', 'tags', 'tiers'];

interface Joined {
  change: Partial<DraftContent>;
  /** Each change stands where it was made, instead of one text below the other. */
  isMerged: boolean;
}

/** What both wrote in one field; undefined where it cannot hold both, or where both are more than it holds. */
function joinField(
  field: DraftField,
  mine: DraftContent,
  theirs: DraftContent,
  base: DraftContent | undefined,
): Joined | undefined {
  if (field === 'tiers') return { change: { tiers: [...new Set([...mine.tiers, ...theirs.tiers])] }, isMerged: true };
  if (field === 'tags') {
    const tags = [...new Set([...mine.tags, ...theirs.tags])];
    return tags.length <= MOST_TAGS ? { change: { tags }, isMerged: true } : undefined;
  }
  if (field !== 'content' && field !== 'notes') return undefined;
  const merged = base && mergeLines(base[field], mine[field], theirs[field]);
  const text = merged ?? `${mine[field]}\n\n${theirs[field]}`;
  return text.length <= LONGEST[field] ? { change: { [field]: text }, isMerged: merged !== undefined } : undefined;
}

/**
 * What somebody wrote, after they chose for each field in conflict what shall hold: theirs, both, or else their own.
 * `base`: what both began with, if that is known. @throws ValidationError where both together are more than a field holds
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
    if (choice !== 'both' || !JOINABLE.includes(field)) continue;
    const both = joinField(field, mine, theirs, base);
    if (!both) throw new ValidationError({ [field]: `drafts:problem.${field}` });
    Object.assign(content, both.change);
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
    fields: conflicts.map((field) => {
      const both = joinField(field, content, draft, base);
      return {
        isJoinable: both !== undefined,
        isMergeable: both?.isMerged ?? false,
        ...compareFields(field, draft, content, { before: theirs[field], after: mine[field] }),
      };
    }),
  };
  res.view('drafts/conflict', locals, { status: 409 });
}
