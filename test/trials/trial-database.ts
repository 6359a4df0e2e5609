import { startTestDatabase } from '../setup/test-database-server';
import { createTestDatabase } from '../support/database';

/** Gives `work` a migrated, empty database on the server of the tests, which does not flush to disk, and drops it. */
export async function withTrialDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const server = await startTestDatabase();
  process.env.TEST_ADMIN_DATABASE_URL = server.adminUrl;
  process.env.TEST_TEMPLATE_DATABASE = server.template;
  try {
    const database = await createTestDatabase();
    try {
      return await work(database.url);
    } finally {
      await database.drop();
    }
  } finally {
    await server.stop();
  }
}
