import { patreonClientFor } from '../../src/apps/connections/patreon-client.service';
import { memberStore } from '../../src/apps/sync/member-store';
import { type ReadOutcome, readOne } from '../../src/apps/sync/read-one';
import { lockReads } from '../../src/apps/sync/read-stamps';
import type { Context } from '../../src/context';
import type { ConnectedPanel } from './connected-panel';

/** Looks again until it is so. What never comes ends with the test's own time. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

/** Until an answer of Patreon's is on its way and goes no further. */
export const answerHeld = ({ control }: Pick<ConnectedPanel, 'control'>) =>
  until(async () => (await control.heldAnswers()).length > 0);

/** Until so many sessions of this panel's database wait for what others have locked. */
export const waitingForLocks = ({ knex }: Pick<Context, 'knex'>, sessions: number) =>
  until(async () => {
    const { rows } = await knex.raw(
      `select count(*)::int as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows[0].waiting >= sessions;
  });

function openable() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Takes a list's lock, as whoever stores something of it does; answers what gives it back. */
export async function keepReadsLocked({ knex }: Context, campaignId: number): Promise<() => Promise<void>> {
  const trx = await knex.transaction();
  await lockReads(trx, { campaignId, resource: 'members' });
  return async () => {
    await trx.commit();
  };
}

export interface AnsweredRead {
  /** Goes on to store the answer; says what came of it. */
  store(): Promise<ReadOutcome>;
}

/** Reads one member by itself, as its page does, and stops where Patreon has answered and nothing is stored yet. */
export async function answeredRead(
  { context, credentialId }: ConnectedPanel,
  { campaign_id: campaignId, patreon_id: patreonId }: { campaign_id: number; patreon_id: string },
): Promise<AnsweredRead> {
  const answered = openable();
  const mayStore = openable();
  const client = await patreonClientFor(context, credentialId);
  const outcome = readOne(context, {
    target: { campaignId, resource: 'members', patreonId },
    store: memberStore(context, campaignId),
    read: () => client.getMember(patreonId),
    async write(work) {
      answered.open();
      await mayStore.opened;
      return context.knex.transaction(work);
    },
  });
  await Promise.race([answered.opened, outcome]);
  return {
    store() {
      mayStore.open();
      return outcome;
    },
  };
}
