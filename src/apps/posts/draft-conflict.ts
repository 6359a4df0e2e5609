import type { Request, Response } from 'express';
import type { Context } from '../../context';
import type { PatreonCampaign } from '../campaigns/campaign.model';
import type { DraftContent } from './draft.model';
import { changedFields, type DraftField, mergeContent, pickFields } from './draft-content';
import { compareFields } from './draft-diff';
import { formStateOf } from './draft-form';
import { describeFields, draftCrumbs, fieldNames, staffName } from './draft-page';
import { PostDraftVersion } from './draft-version.model';
import type { SaveOutcome } from './drafts.service';

/** Of fields that can hold what both wrote. */
const JOINED: { [F in DraftField]?: (mine: DraftContent, theirs: DraftContent) => Partial<DraftContent> } = {
  content: (mine, theirs) => ({ content: `${mine.content}\n\n${theirs.content}` }),
  notes: (mine, theirs) => ({ notes: `${mine.notes}\n\n${theirs.notes}` }),
  tags: (mine, theirs) => ({ tags: [...new Set([...mine.tags, ...theirs.tags])] }),
  tiers: (mine, theirs) => ({ tiers: [...new Set([...mine.tiers, ...theirs.tiers])] }),
};

export const isJoinable = (field: DraftField): boolean => field in JOINED;

/** What somebody wrote, after they chose for each field in conflict what shall hold: theirs, both, or else their own. */
export function chosenContent(body: unknown, mine: DraftContent, theirs: DraftContent): DraftContent {
  const choices = (body ?? {}) as Record<string, unknown>;
  const content = { ...mine };
  for (const field of changedFields(mine, theirs)) {
    const choice = choices[`choice_${field}`];
    if (choice === 'theirs') Object.assign(content, pickFields(theirs, [field]));
    if (choice === 'both') Object.assign(content, JOINED[field]?.(mine, theirs));
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
    values,
    name,
    merged: alone.length > 0 ? fieldNames(req, alone) : '',
    fields: conflicts.map((field) => ({
      isJoinable: isJoinable(field),
      ...compareFields(field, draft, content, { before: theirs[field], after: mine[field] }),
    })),
  };
  res.view('drafts/conflict', locals, { status: 409 });
}
