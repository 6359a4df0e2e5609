import type { Context } from '../../context';
import { type ConnectionFault, PatreonCredential } from './patreon-credential.model';

/** Longer than a refresh can take: 10 s for the exchange and 15 s for the row lock. */
const INTERRUPTED_AFTER = '30 seconds';

/**
 * Finds refreshes whose process died on the way: the mark is old, the version has not moved and nobody holds the row.
 * Whether Patreon rotated the pair is then unknown. The old access token is used until Patreon refuses it or it expires;
 * only then is the refresh token tried again, which settles the matter.
 */
export async function markInterruptedRefreshes(context: Context): Promise<number> {
  const { rows } = await context.knex.raw<{ rows: { id: number }[] }>(
    `update patreon_credentials
        set refresh_started_at = null, updated_at = now(),
            state = case when state = 'connected' then 'refresh_unknown' else state end,
            last_error = case when state = 'connected' then 'refresh_interrupted' else last_error end,
            last_error_at = case when state = 'connected' then now() else last_error_at end
      where id in (
        select id from patreon_credentials
         where refresh_started_at < now() - interval '${INTERRUPTED_AFTER}' for update skip locked)
      returning id`,
  );
  for (const { id } of rows) context.log.error({ credentialId: id }, 'a token refresh was interrupted');
  return rows.length;
}

/** Ends a connection unless its tokens have changed since `version`: says once that a person has to connect again. */
export async function requireReconnect(
  context: Context,
  id: number,
  version: number,
  last_error: ConnectionFault,
): Promise<void> {
  const changed = await PatreonCredential.query(context.knex)
    .where({ id, token_version: version })
    .whereIn('state', ['connected', 'refresh_unknown'])
    .patch({ state: 'reconnect_needed', last_error, last_error_at: context.clock.now().toISOString() });
  if (changed > 0) context.log.error({ credentialId: id, reason: last_error }, 'Patreon has to be connected again');
}
