import type { Request } from 'express';
import type { Knex } from 'knex';
import { ValidationError } from '../../errors';
import { parseForm } from '../../http/parse';
import type { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import type { DraftContent } from './draft.model';
import { type DraftAction, draftForm } from './drafts.schemas';
import { toLocalTime, toPlannedFor } from './planned-time';

type Place = Pick<PatreonCampaign, 'id' | 'time_zone'>;

/** What the fields of the form show; also what was typed, right or wrong. */
export interface DraftFormState {
  title: string;
  content: string;
  is_paid: boolean;
  is_public: boolean;
  min_cents_pledged_to_view: string;
  /** Our row ids. */
  tiers: string[];
  /** Patreon's ids of chosen tiers that we have not read. */
  unread_tiers: string[];
  /** Day and time by the campaign's clocks. */
  planned_for: string;
  tags: string;
  cover_id: string;
  notes: string;
}

/**
 * What a form asks for as the content of a draft: tiers by Patreon's ids, the plan as a moment. A plan that was not
 * touched stays the moment it was. @throws ValidationError with a message per field
 */
export async function readDraftForm(
  body: unknown,
  campaign: Place,
  known: DraftContent | undefined,
  db: Knex,
): Promise<DraftContent> {
  const { tiers: tierIds, unread_tiers, planned_for, ...fields } = parseForm(draftForm, body ?? {});
  const [tiers, plan] = await together(
    patreonIdsOf(tierIds, campaign.id, db),
    plannedMoment(planned_for, campaign.time_zone, known?.planned_for, db),
    checkCover(fields.cover_id, campaign.id, db),
  );
  return { ...fields, tiers: [...new Set([...tiers, ...unread_tiers])], planned_for: plan };
}

/** Waits for all of them, so that what is wrong with several fields is told at once. */
async function together<T extends readonly unknown[]>(...checks: { [K in keyof T]: Promise<T[K]> }): Promise<T> {
  const errors: Record<string, string> = {};
  for (const settled of await Promise.allSettled(checks)) {
    if (settled.status === 'fulfilled') continue;
    if (!(settled.reason instanceof ValidationError)) throw settled.reason;
    Object.assign(errors, settled.reason.fields);
  }
  if (Object.keys(errors).length > 0) throw new ValidationError(errors);
  return (await Promise.all(checks)) as unknown as T;
}

async function patreonIdsOf(ids: readonly number[], campaignId: number, db: Knex): Promise<string[]> {
  if (ids.length === 0) return [];
  const tiers = await PatreonTier.listOfCampaign(campaignId, ids, db);
  if (tiers.length !== new Set(ids).size) throw new ValidationError({ tiers: 'drafts:problem.tiers' });
  return tiers.map((tier) => tier.patreon_id);
}

async function plannedMoment(
  local: string | null,
  timeZone: string | null | undefined,
  known: string | null | undefined,
  db: Knex,
): Promise<string | null> {
  if (local === null) return null;
  if (known && toLocalTime(known, timeZone) === local.slice(0, 16)) return known;
  const moment = await toPlannedFor(local, timeZone, db);
  // The clocks skip it in spring: they would show another time than the one that was typed.
  if (toLocalTime(moment, timeZone) !== local.slice(0, 16))
    throw new ValidationError({ planned_for: 'drafts:problem.skipped' });
  return moment;
}

async function checkCover(id: number | null, campaignId: number, db: Knex): Promise<void> {
  if (id === null) return;
  const picture = await db('post_pictures').select('id').where({ id, campaign_id: campaignId }).first();
  if (!picture) throw new ValidationError({ cover_id: 'drafts:problem.cover_id' });
}

/** What is asked of a draft before it is saved, or is ready. @throws ValidationError */
export function checkWritten({ title, content }: DraftContent, action: DraftAction): void {
  const [hasTitle, hasContent] = [title !== '', content.trim() !== ''];
  if (action !== 'ready') {
    if (!hasTitle && !hasContent) throw new ValidationError({ title: 'drafts:problem.nothing' });
    return;
  }
  const missing = {
    ...(!hasTitle && { title: 'drafts:problem.noTitle' }),
    ...(!hasContent && { content: 'drafts:problem.noContent' }),
  };
  if (Object.keys(missing).length > 0) throw new ValidationError(missing);
}

/** A stored text as its form shows it. */
export async function formStateOf(content: DraftContent, campaign: Place, db: Knex): Promise<DraftFormState> {
  const tiers = await PatreonTier.listByPatreonIds([campaign.id], content.tiers, db);
  return {
    ...content,
    min_cents_pledged_to_view: String(content.min_cents_pledged_to_view ?? ''),
    tiers: tiers.map((tier) => String(tier.id)),
    unread_tiers: content.tiers.filter((id) => !tiers.some((tier) => tier.patreon_id === id)),
    planned_for: toLocalTime(content.planned_for, campaign.time_zone),
    tags: content.tags.join(', '),
    cover_id: String(content.cover_id ?? ''),
  };
}

/** What was typed into a form that is refused. */
export function typedState(req: Request): DraftFormState {
  const body = (req.body ?? {}) as Record<string, unknown>;
  const text = (name: string) => (typeof body[name] === 'string' ? body[name] : '');
  const texts = (values: unknown) => [values ?? []].flat().filter((value) => typeof value === 'string');
  const isTicked = (name: string) => ['true', 'on', '1'].includes(text(name));
  return {
    title: text('title'),
    content: text('content'),
    is_paid: isTicked('is_paid'),
    is_public: isTicked('is_public'),
    min_cents_pledged_to_view: text('min_cents_pledged_to_view'),
    tiers: texts(body.tiers),
    unread_tiers: texts(body.unread_tiers),
    planned_for: text('planned_for'),
    tags: text('tags'),
    cover_id: text('cover_id'),
    notes: text('notes'),
  };
}
