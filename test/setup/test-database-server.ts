import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { knex as createKnex, type Knex } from 'knex';
import { acquireEmbeddedPostgres, type EmbeddedPostgres } from '../../src/db/embedded-postgres';
import { migrateLatest } from '../../src/db/migrate';
import { projectPath } from '../../src/lib/project-path';

export interface TestDatabaseServer {
  /** Address of a database in which `create database` may be sent. */
  adminUrl: string;
  /** A migrated, empty database that nobody connects to. */
  template: string;
  stop(): Promise<void>;
}

const ADVISORY_LOCK = 5_103_377;

/**
 * The server for one run of the tests: TEST_DATABASE_URL, else an embedded one that does not flush to disk. Runs side by
 * side share the embedded one. The template carries the migrations' fingerprint in its name, so it is made anew
 * exactly when they change.
 */
export async function startTestDatabase(): Promise<TestDatabaseServer> {
  const given = process.env.TEST_DATABASE_URL;
  const server = given ? { url: given, release: async () => undefined } : await embeddedServer();
  const template = `test_template_${fingerprint()}`;
  const admin = createKnex({ client: 'pg', connection: server.url, pool: { min: 0, max: 2 } });
  try {
    await makeTemplate(admin, server.url, template);
  } finally {
    await admin.destroy();
  }
  return { adminUrl: server.url, template, stop: () => server.release() };
}

async function embeddedServer(): Promise<EmbeddedPostgres> {
  const dataDir = projectPath('node_modules', '.cache', 'patrondesk-test');
  try {
    return await acquireEmbeddedPostgres({ dataDir, durable: false });
  } catch {
    // Unflushed data does not outlive a power cut, and a new PostgreSQL cannot read an old one's: make it afresh.
    rmSync(join(dataDir, 'postgres'), { recursive: true, force: true });
    return acquireEmbeddedPostgres({ dataDir, durable: false });
  }
}

async function makeTemplate(admin: Knex, adminUrl: string, template: string): Promise<void> {
  await admin.transaction(async (lock) => {
    await lock.raw('select pg_advisory_xact_lock(?)', [ADVISORY_LOCK]);
    await dropLeftovers(admin, template);
    if ((await databases(admin, template)).includes(template)) return;
    // Made under another name, so that a killed run leaves no half-migrated template.
    const draft = `${template}_draft`;
    await admin.raw('create database ??', [draft]);
    await migrate(adminUrl, draft);
    await admin.raw('alter database ?? rename to ??', [draft, template]);
  });
}

async function migrate(adminUrl: string, name: string): Promise<void> {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const knex = createKnex({ client: 'pg', connection: url.toString(), pool: { min: 0, max: 2 } });
  try {
    await migrateLatest(knex);
  } finally {
    await knex.destroy();
  }
}

/** Databases of runs that were killed, and templates of earlier migrations; unless another run is under way. */
async function dropLeftovers(admin: Knex, template: string): Promise<void> {
  const { rows } = await admin.raw(
    `select count(*)::int as others from pg_stat_activity
      where backend_type = 'client backend' and application_name = 'patrondesk keeper'`,
  );
  const leftovers = (await databases(admin, 'test_')).filter((name) => name !== template);
  for (const name of leftovers) {
    if (rows[0].others <= 1 || name === `${template}_draft`) await admin.raw('drop database ?? with (force)', [name]);
  }
}

async function databases(admin: Knex, prefix: string): Promise<string[]> {
  const { rows } = await admin.raw<{ rows: { datname: string }[] }>(
    'select datname from pg_database where starts_with(datname::text, ?)',
    [prefix],
  );
  return rows.map((row) => row.datname);
}

function fingerprint(): string {
  const hash = createHash('sha256');
  const directory = projectPath('migrations');
  const queue = projectPath('node_modules', 'graphile-worker', 'package.json');
  const files = readdirSync(directory)
    .sort()
    .map((name) => join(directory, name));
  for (const file of [...files, queue, projectPath('src', 'db', 'migrate.ts')])
    hash.update(file).update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}
