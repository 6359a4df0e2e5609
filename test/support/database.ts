import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

export interface TestDatabase {
  url: string;
  /** Closes connections that are still open and removes the database. */
  drop(): Promise<void>;
}

/**
 * A migrated, empty database of the caller's own, a few tens of milliseconds away. Make one per test file in
 * `beforeAll` and drop it in `afterAll`; between tests empty tables with `delete from`, which is quicker than truncate.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdmin(`create database ${name} template ${fromEnvironment('TEST_TEMPLATE_DATABASE')} strategy file_copy`);
  const url = new URL(fromEnvironment('TEST_ADMIN_DATABASE_URL'));
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => asAdmin(`drop database if exists ${name} with (force)`) };
}

async function asAdmin(sql: string): Promise<void> {
  const client = new Client({ connectionString: fromEnvironment('TEST_ADMIN_DATABASE_URL') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: tests run through jest, whose global set-up starts the database`);
  return value;
}
