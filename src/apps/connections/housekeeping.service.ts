import type { Context } from '../../context';

const DAY_MS = 24 * 60 * 60_000;
const USAGE_DAYS = 90;

/** Removes what is only of use for a while: used and expired states, spent limits, old usage figures. */
export async function forgetOldRecords({ knex, clock }: Context): Promise<void> {
  const now = clock.now().getTime();
  await knex('oauth_states')
    .where('expires_at', '<', new Date(now - DAY_MS).toISOString())
    .delete();
  await knex('request_usage')
    .where('hour', '<', new Date(now - USAGE_DAYS * DAY_MS).toISOString())
    .delete();
  await knex('rate_limits')
    .where('expire', '<', now - 60 * 60_000)
    .delete();
}
