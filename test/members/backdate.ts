import type { Knex } from 'knex';

/** Moves what has happened so far into the past, for the changes themselves cannot be altered. */
export async function backdate(knex: Knex, days: number): Promise<void> {
  await knex.transaction(async (trx) => {
    await trx.raw('alter table patreon_changes disable trigger patreon_changes_append_only');
    await trx.raw(`update patreon_changes set changed_at = changed_at - ? * interval '1 day'`, [days]);
    await trx.raw('alter table patreon_changes enable trigger patreon_changes_append_only');
    await trx.raw(`update patreon_members set first_seen_at = first_seen_at - ? * interval '1 day'`, [days]);
  });
}

/** The UTC day so many days ago, as the page takes it. */
export const dayAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
