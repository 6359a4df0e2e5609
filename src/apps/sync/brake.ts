import type { Knex } from 'knex';
import type { ListResource } from './list-resource';
import type { OpenPass } from './pass-state';
import { type Candidates, noteMissing } from './sightings';
import { countNoLongerPaying } from './staging';
import type { SyncSession } from './sync-session';

/** More than this share of the live rows is not believed without a person's word. */
export const brakeLimit = (live: number) => Math.max(20, Math.floor(live / 10));

/** What a pass would do to those who are here and pay now. */
export interface Departures {
  live: number;
  gone: number;
  notPaying: number;
}

/** A pass is held: nothing of it was stored before a person has decided. */
export class PassHeldError extends Error {
  constructor(resource: string, { live, gone, notPaying }: Departures) {
    const losses = [
      ...(gone > 0 ? [`${gone} of ${live} ${resource} are missing from Patreon's answer`] : []),
      ...(notPaying > 0 ? [`${notPaying} of ${live} ${resource} would no longer be paying`] : []),
    ];
    super(`${losses.join(' and ')}. That is too many to believe; nothing was changed before the owner has decided.`);
    this.name = 'PassHeldError';
  }
}

/** Counts what a pass would take away. `missing` is null when the pass proves no absence. */
export async function departuresOf(
  knex: Knex,
  pass: OpenPass,
  list: Pick<ListResource<{ id: string }>, 'table'>,
  missing: Candidates | null,
): Promise<Departures> {
  const notPaying = pass.state.isStaged ? await countNoLongerPaying(knex, pass) : 0;
  if (missing) return { live: missing.live, gone: missing.missing, notPaying };
  const row = await knex(list.table)
    .where({ campaign_id: pass.campaignId })
    .whereNull('gone_at')
    .count('* as live')
    .first();
  return { live: Number(row?.live ?? 0), gone: 0, notPaying };
}

export const isBeyondBelief = ({ live, gone, notPaying }: Departures) => gone + notPaying > brakeLimit(live);

/** Writes down who is concerned and leaves the part waiting. @throws PassHeldError always */
export async function hold(
  session: SyncSession,
  pass: OpenPass,
  list: Pick<ListResource<{ id: string }>, 'table'>,
  departures: Departures,
): Promise<never> {
  const error = new PassHeldError(pass.resource, departures);
  if (departures.gone > 0) {
    await session.lease.write((trx) => noteMissing(trx, list.table, pass, pass.startSeq));
  }
  throw error;
}
