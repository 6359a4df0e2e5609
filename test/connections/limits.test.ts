import { createTestDatabase, type TestDatabase } from '../support/database';
import { limitsTrial } from '../trials/limits-trial';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('processes that read as much as they may', () => {
  it('stay below both limits of Patreon together, and all obey a 429', async () => {
    const figures = await limitsTrial(database.url, { seconds: 14, throttling: { skip: 1, times: 1 } });
    expect(figures).toMatchObject({ overLimit: 0, earlyAfter429: 0, failures: [] });
    expect(figures.throttledAnswers).toBeGreaterThan(0);
    expect(figures.earliestAfter429).toBeGreaterThan(6.9);
    expect(figures.statusLooks).toBeGreaterThan(0);
  });
});
