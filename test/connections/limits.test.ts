import { createTestDatabase, type TestDatabase } from '../support/database';
import { limitsTrial } from '../trials/limits-trial';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('processes that read as much as they may', () => {
  it('stay below both limits of Patreon together, and all obey a 429', async () => {
    const figures = await limitsTrial(database.url, { seconds: 12, throttling: 0.15 });
    expect(figures).toMatchObject({ overLimit: 0, earlyAfter429: 0 });
    expect(figures.byStatus['200']).toBeGreaterThan(8);
    expect(figures.statusLooks).toBeGreaterThan(0);
  });
});
