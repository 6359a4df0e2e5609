import type { Knex } from 'knex';
import { type ChangedRecord, PatreonChange } from '../campaigns/change.model';
import type { PatreonTier } from '../campaigns/tier.model';
import { PatreonMember } from './member.model';

const DAY_MS = 86_400_000;

/** A day in UTC, as all times on pages are. */
export interface PastDay {
  /** `2026-09-01`. */
  day: string;
  /** The first moment after it. */
  end: string;
}

export const pastDay = (day: string): PastDay => ({ day, end: new Date(Date.parse(day) + DAY_MS).toISOString() });

export const changedMember = ({ campaign_id, id }: PatreonMember): ChangedRecord => ({
  campaign_id,
  resource: 'member',
  id,
});

/** Since when what happened to a member is known without a gap. */
export async function knownSince(member: PatreonMember, knex: Knex): Promise<string> {
  if (await PatreonChange.isWhole(changedMember(member), knex)) return member.first_seen_at;
  const kept = await PatreonChange.keptSince(knex);
  return Date.parse(kept) > Date.parse(member.first_seen_at) ? kept : member.first_seen_at;
}

/**
 * The member as it was at the end of a day: its row, with every field that has changed since set back to what the first
 * of those changes replaced. One statement, so that no sync comes between row and changes; it reads the changes of this
 * member alone. Bookkeeping columns but `gone_at` stay those of today.
 */
export async function memberAsOf(member: PatreonMember, { end }: PastDay, knex: Knex): Promise<PatreonMember> {
  const { rows } = await knex.raw(
    `with undone as (
       select distinct on (name) name, before
         from patreon_changes, lateral coalesce(field, 'gone_at') as name
        where campaign_id = :campaignId and resource = 'member' and record_id = :id
          and changed_at >= :end::timestamptz and kind <> 'created'
        order by name, id
     )
     select past.*
       from patreon_members m,
            jsonb_populate_record(m, coalesce((select jsonb_object_agg(name, before) from undone), '{}')) past
      where m.id = :id`,
    { campaignId: member.campaign_id, id: member.id, end },
  );
  return rows[0] ? PatreonMember.fromDatabaseJson(rows[0]) : member;
}

/** The tiers under the titles that they had at the end of a day. */
export async function titledAsOf(
  tiers: readonly PatreonTier[],
  campaignId: number,
  { end }: PastDay,
  knex: Knex,
): Promise<PatreonTier[]> {
  const ids = tiers.map((tier) => tier.id);
  const titles = await PatreonChange.valuesAt({ campaignId, resource: 'tier', ids, field: 'title' }, end, knex);
  return tiers.map((tier) => {
    const title = titles.get(tier.id);
    return titles.has(tier.id) ? tier.$clone().$set({ title: typeof title === 'string' ? title : null }) : tier;
  });
}
