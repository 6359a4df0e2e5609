import type { Knex } from 'knex';
import type { Context } from '../../context';
import { NotFoundError, ValidationError } from '../../errors';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { PatreonCampaign } from '../campaigns/campaign.model';
import { PatreonTier } from '../campaigns/tier.model';
import { MOST_TEMPLATES, type PostTemplate } from './post-template.model';

/** Templates and snippets are kept alike: a name for one campaign or for all, saved by somebody, deleted for a while. */
export type KeptTable = 'post_templates' | 'post_snippets';

const SUBJECTS = { post_templates: 'post_template', post_snippets: 'post_snippet' } as const;
const KEPT_DAYS = 30;
const UNIQUE_VIOLATION = '23505';

export interface KeptValues {
  name: string;
  campaign_id: number | null;
  content: string;
}

export interface KeptSave {
  id?: number | undefined;
  values: KeptValues & Partial<PostTemplate>;
  /** When it had been saved last, as its form knew: a later save refuses this one. */
  seen?: string | undefined;
}

/**
 * Stores a new one, or the one of this id.
 * @throws NotFoundError, and ValidationError for a name that another has, a campaign that is not there, too many of them, or
 * (of `changed`) where somebody saved it meanwhile
 */
export async function saveKept(
  { knex, clock }: Context,
  table: KeptTable,
  { id, values, seen }: KeptSave,
  actor: Actor,
): Promise<number> {
  const row = { ...values, saved_by: actor.staffId ?? null, saved_at: clock.now().toISOString() };
  return told(
    knex.transaction(async (trx) => {
      await checkCampaign(values.campaign_id, trx);
      if (id === undefined) await checkRoom(table, trx);
      else await checkSeen(table, id, seen, trx);
      const write = id === undefined ? trx(table).insert(row) : trx(table).update(row).where({ id, deleted_at: null });
      const [stored]: { id: number }[] = await write.returning('id');
      if (!stored) throw new NotFoundError();
      const action = `${SUBJECTS[table]}.${id === undefined ? 'created' : 'changed'}`;
      await recordAudit(trx, { ...actor, action, subject: { type: SUBJECTS[table], id: stored.id } });
      return stored.id;
    }),
  );
}

/** Takes one out of sight; what was deleted a month ago goes for good. Safe to repeat. */
export async function deleteKept({ knex, clock }: Context, table: KeptTable, id: number, actor: Actor): Promise<void> {
  const now = clock.now();
  await knex.transaction(async (trx) => {
    const deleted = { deleted_at: now.toISOString(), deleted_by: actor.staffId ?? null };
    const count = await trx(table).update(deleted).where({ id, deleted_at: null });
    const monthAgo = new Date(now.getTime() - KEPT_DAYS * 86_400_000).toISOString();
    await trx(table).where('deleted_at', '<', monthAgo).delete();
    if (count === 0) return;
    await recordAudit(trx, { ...actor, action: `${SUBJECTS[table]}.deleted`, subject: { type: SUBJECTS[table], id } });
  });
}

/** @throws NotFoundError once it is gone for good, and ValidationError when another has its name now */
export async function restoreKept({ knex }: Context, table: KeptTable, id: number, actor: Actor): Promise<string> {
  return told(
    knex.transaction(async (trx) => {
      const [row]: { name: string }[] = await trx(table)
        .update({ deleted_at: null, deleted_by: null })
        .where({ id })
        .returning('name');
      if (!row) throw new NotFoundError();
      await recordAudit(trx, {
        ...actor,
        action: `${SUBJECTS[table]}.restored`,
        subject: { type: SUBJECTS[table], id },
      });
      return row.name;
    }),
  );
}

/** Tiers by Patreon's ids, of our row ids. @throws ValidationError for one of another campaign, or for any where it is for all */
export async function tierIdsOf(campaignId: number | null, ids: readonly number[], db: Knex): Promise<string[]> {
  if (ids.length === 0) return [];
  const tiers = campaignId === null ? [] : await PatreonTier.listOfCampaign(campaignId, ids, db);
  if (tiers.length !== new Set(ids).size) throw new ValidationError({ tiers: 'postTemplate:problem.tiers' });
  return tiers.map((tier) => tier.patreon_id);
}

async function checkCampaign(id: number | null, db: Knex): Promise<void> {
  if (id === null) return;
  if (!(await PatreonCampaign.findById(id, db)))
    throw new ValidationError({ campaign: 'postTemplate:problem.campaign' });
}

async function checkSeen(table: KeptTable, id: number, seen: string | undefined, trx: Knex.Transaction): Promise<void> {
  const kept = await trx(table).where({ id, deleted_at: null }).forUpdate().first<{ saved_at: string }>('saved_at');
  if (!kept) throw new NotFoundError();
  if (seen && seen !== kept.saved_at) throw new ValidationError({ changed: 'postTemplate:problem.changed' });
}

async function checkRoom(table: KeptTable, db: Knex): Promise<void> {
  const [row] = await db(table).count<{ count: number }[]>('* as count').whereNull('deleted_at');
  if (Number(row?.count ?? 0) >= MOST_TEMPLATES) throw new ValidationError({ name: 'postTemplate:problem.tooMany' });
}

async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if ((error as { code?: unknown }).code === UNIQUE_VIOLATION)
      throw new ValidationError({ name: 'postTemplate:problem.taken' });
    throw error;
  }
}
