import type { Knex } from 'knex';
import { plainKnex } from './scratch-database';

const BATCH = 50;
const SAMPLE = 1_000;

type Row = Record<string, unknown>;

/**
 * Stores members as the systems before this one did: in batches of 50, each row by a statement of its own that inserts or
 * overwrites it, members first and then their events. On a sample that is taken out of a database that has them all, so
 * that its indexes are as large. Fetching and parsing are not in it. Answers members a second.
 */
export async function measureRowByRow(databaseUrl: string): Promise<number> {
  const knex = plainKnex(databaseUrl);
  try {
    const members: (Row & { id: number })[] = await knex('patreon_members')
      .select('*')
      .orderByRaw('hashint8(id)')
      .limit(SAMPLE);
    const ids = members.map(({ id }) => id);
    const events: Row[] = await knex('pledge_events').select('*').whereRaw('member_id = any(?::bigint[])', [ids]);
    await knex('patreon_members').whereRaw('id = any(?::bigint[])', [ids]).delete();
    const eventsOf = byMember(events);
    const startedAt = performance.now();
    for (let from = 0; from < members.length; from += BATCH) {
      const batch = members.slice(from, from + BATCH);
      await knex.transaction(async (trx) => {
        for (const { id, ...member } of batch) await storeMember(trx, member, eventsOf.get(id) ?? []);
      });
    }
    return members.length / ((performance.now() - startedAt) / 1000);
  } finally {
    await knex.destroy();
  }
}

function byMember(events: Row[]): Map<unknown, Row[]> {
  const groups = new Map<unknown, Row[]>();
  for (const event of events) groups.set(event.member_id, [...(groups.get(event.member_id) ?? []), event]);
  return groups;
}

async function storeMember(trx: Knex.Transaction, member: Row, events: Row[]): Promise<void> {
  const [stored] = await trx('patreon_members')
    .insert(member)
    .onConflict(['campaign_id', 'patreon_id'])
    .merge()
    .returning('id');
  for (const event of events) {
    await trx('pledge_events')
      .insert({ ...event, member_id: stored.id })
      .onConflict(['campaign_id', 'member_id', 'patreon_id'])
      .merge();
  }
}
