import { knex as createKnex, type Knex } from 'knex';
import { migrateLatest, migrationConfig, pendingMigrations } from '../../src/db/migrate';
import { createTestDatabase, type TestDatabase } from '../support/database';

describe('migrateLatest', () => {
  let database: TestDatabase;
  let knex: Knex;

  beforeAll(async () => {
    database = await createTestDatabase();
    knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 4 } });
  });

  afterAll(async () => {
    await knex.destroy();
    await database.drop();
  });

  it('leaves nothing pending, and has nothing to do the second time', async () => {
    expect(await pendingMigrations(knex)).toEqual([]);
    expect(await migrateLatest(knex)).toEqual([]);
  });

  it("makes the queue's tables", async () => {
    await expect(knex.raw("select graphile_worker.add_job('nothing')")).resolves.toBeDefined();
  });

  it('stores names without an extension, so that the build and the sources agree', async () => {
    const names: string[] = await knex('knex_migrations').pluck('name');
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => /\.[jt]s$/.test(name))).toEqual([]);
  });

  it('goes on after a process was killed while it held the lock', async () => {
    await knex('knex_migrations_lock').update({ is_locked: 1 });
    await expect(migrateLatest(knex)).resolves.toEqual([]);
  });

  it('lets processes that migrate at the same time wait for one another', async () => {
    await expect(Promise.all([1, 2, 3].map(() => migrateLatest(knex)))).resolves.toEqual([[], [], []]);
  });

  it('rolls every migration back and forth', async () => {
    await knex.migrate.rollback(migrationConfig, true);
    const before: string[] = await pendingMigrations(knex);
    expect(await migrateLatest(knex)).toHaveLength(before.length);
    expect(before.length).toBeGreaterThan(0);
  });
});
