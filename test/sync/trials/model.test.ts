import { createTestDatabase, type TestDatabase } from '../../support/database';
import { modelTrial } from '../../trials/model-trial';

/** What `npx tsx test/trials/model.ts` does with thousands of sequences. */
describe('a mirror to which anything may happen', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('is never stale, calls nobody gone who is there, and ends as the truth, whatever the sequence', async () => {
    const { figures, violations } = await modelTrial(database.url, { runs: 20, seed: 20_261_122 });
    expect(violations).toEqual([]);
    expect(figures.sequences).toBe(20);
    expect(figures.crashes).toBeGreaterThan(0);
    expect(figures.markedGone).toBeGreaterThan(0);
  }, 600_000);
});
