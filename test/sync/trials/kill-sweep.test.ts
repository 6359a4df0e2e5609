import { createTestDatabase, type TestDatabase } from '../../support/database';
import { killSweepTrial } from '../../trials/kill-sweep-trial';

/** What `npx tsx test/trials/kill-sweep.ts` does two hundred times. */
describe('a run whose process is killed', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('is mended by whoever takes it over and one further run at most', async () => {
    const { figures, violations } = await killSweepTrial(database.url, { kills: 8, seed: 3 });
    expect(violations).toEqual([]);
    expect(figures).toMatchObject({ notConverged: 0 });
    expect(figures.kills).toBeGreaterThanOrEqual(6);
  }, 600_000);
});
