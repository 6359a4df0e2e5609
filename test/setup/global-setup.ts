import { startTestDatabase } from './test-database-server';

export default async function globalSetup(): Promise<void> {
  const server = await startTestDatabase();
  // Workers are started after this and inherit the environment.
  process.env.TEST_ADMIN_DATABASE_URL = server.adminUrl;
  process.env.TEST_TEMPLATE_DATABASE = server.template;
  (globalThis as { stopTestDatabase?: () => Promise<void> }).stopTestDatabase = server.stop;
}
