import { ensureSetupLink } from './apps/accounts/setup.service';
import { ensureEnvironmentCredential } from './apps/connections/environment-credential.service';
import { PatreonCredential } from './apps/connections/patreon-credential.model';
import { requestSync } from './apps/sync/sync-runs.service';
import type { Context } from './context';
import { migrateLatest, pendingMigrations } from './db/migrate';
import { UnavailableError } from './errors';

/** Production migrates in its release step and refuses to run ahead of it; everywhere else starting brings it up to date. */
export async function prepareDatabase(context: Context): Promise<void> {
  if (context.config.production) {
    const pending = await pendingMigrations(context.knex);
    if (pending.length > 0)
      throw new UnavailableError(`The database lacks ${pending.length} migrations. Run "npm run migrate" first.`);
  } else {
    await migrateLatest(context.knex);
  }
}

/**
 * The credential from the environment, for a command that may run before the panel ever did. A shell without those
 * settings changes nothing: the panel may well have them.
 */
export async function adoptEnvironmentCredential(context: Context): Promise<void> {
  const { clientId, creatorAccessToken } = context.config.patreon;
  if (clientId || creatorAccessToken) await ensureEnvironmentCredential(context);
}

/** What happens once when the panel starts: the credential from the environment, its first sync, the set-up link. */
export async function startUp(context: Context): Promise<void> {
  const credentialId = await ensureEnvironmentCredential(context);
  if (credentialId !== null) await syncFirstTime(context, credentialId);
  const link = await ensureSetupLink(context);
  if (link)
    process.stdout.write(
      `\n  There is no staff yet. Make the first owner here (this link works once, for 24 hours):\n  ${link}\n\n`,
    );
}

async function syncFirstTime(context: Context, credentialId: number): Promise<void> {
  const { knex } = context;
  const connected = (await PatreonCredential.liveIds(knex)).includes(credentialId);
  const known = await knex('patreon_campaigns').where({ credential_id: credentialId }).first('id');
  if (connected && !known) await requestSync(context, { trigger: 'connect', credentialId });
}
