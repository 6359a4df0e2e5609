import type { Knex } from 'knex';
import { loadConfig } from './src/config';
import { connectionSettings } from './src/db/connection';
import { migrationConfig } from './src/db/migrate';
import { resolveDatabase } from './src/db/resolve-url';

/**
 * For the knex command line: `node --import tsx node_modules/knex/bin/cli.js migrate:status`. The product itself migrates
 * through src/db/migrate.ts.
 */
export default async function knexConfig(): Promise<Knex.Config> {
  const { url, dataDir } = loadConfig().database;
  const database = await resolveDatabase({ databaseUrl: url, dataDir });
  return {
    client: 'pg',
    connection: connectionSettings(database.url),
    pool: { min: 0, max: 2 },
    migrations: migrationConfig,
    seeds: { directory: `${__dirname}/seeds`, loadExtensions: [__filename.endsWith('.ts') ? '.ts' : '.js'] },
  };
}
