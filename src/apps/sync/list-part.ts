import { failPoint } from '../../lib/fail-points';
import { PatreonError } from '../../patreon/patreon-error';
import { departuresOf, isBeyondBelief } from './brake';
import { describeLack } from './failure-words';
import { concludePass, readContested } from './gone';
import { runListPass } from './list-pass';
import type { ListResource } from './list-resource';
import { beginPass, completenessOf, contestedIds, type OpenPass, openPass, partRow } from './pass-state';
import { isRunOver } from './run-over';
import { applyStaged, dropStaged } from './staging';
import type { PartResult, SyncSession } from './sync-session';

/**
 * One list of a campaign from its first page to the last consequence: read, judged, stored. Goes on where another process
 * stopped. @throws PassHeldError when a person has to decide
 */
export async function syncList<T extends { id: string }>(
  session: SyncSession,
  campaignId: number,
  list: ListResource<T>,
): Promise<PartResult> {
  let pass = await openPass(session, campaignId, list);
  let unconfirmed = 0;
  const { phase } = await partRow(session.context.knex, pass).first('phase');
  if (phase !== 'applying') {
    pass = await readWhole(session, campaignId, list, pass);
    unconfirmed = await concludePass(session, list, pass);
    await session.lease.write((trx) => partRow(trx, pass).update({ phase: 'applying' }));
    failPoint('pass.judged');
  }
  await store(session, list, pass);
  const { complete, shortfall } = completenessOf(pass.state);
  return { complete, lacks: describeLack({ shortfall, omitted: pass.state.omitted, unconfirmed }) };
}

async function store<T extends { id: string }>(
  session: SyncSession,
  list: ListResource<T>,
  pass: OpenPass,
): Promise<void> {
  await applyStaged(session, list, pass);
  await readContested(session, list, pass, await contestedIds(session.context.knex, pass));
}

/** A list whose cursor expired on the way is begun again, once. What was read of one that fails is stored all the same. */
async function readWhole<T extends { id: string }>(
  session: SyncSession,
  campaignId: number,
  list: ListResource<T>,
  pass: OpenPass,
): Promise<OpenPass> {
  try {
    return await runListPass(session, list, pass).catch(async (error) => {
      if (!(error instanceof PatreonError) || error.kind !== 'cursor_expired') throw error;
      return runListPass(session, list, await beginPass(session, campaignId, list));
    });
  } catch (error) {
    if (!isRunOver(session, error)) await keepWhatWasRead(session, campaignId, list);
    throw error;
  }
}

/** Half a list proves no absence, but what it says of those it names is true, unless that is beyond belief by itself. */
async function keepWhatWasRead<T extends { id: string }>(
  session: SyncSession,
  campaignId: number,
  list: ListResource<T>,
): Promise<void> {
  const { context, lease } = session;
  const pass = await openPass(session, campaignId, list);
  if (isBeyondBelief(await departuresOf(context.knex, pass, list, null))) {
    await lease.write((trx) => dropStaged(trx, pass));
  } else await applyStaged(session, list, pass);
}
