import { createTestDatabase, type TestDatabase } from '../support/database';
import { refreshRaceTrial, violationsOf } from '../trials/refresh-race-trial';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe('processes that all ask at the moment of expiry', () => {
  it('make one token request a round, whether we or Patreon knew of it', async () => {
    const figures = await refreshRaceTrial(database.url, { rounds: 4, callers: 20 });
    expect(violationsOf(figures)).toEqual([]);
    expect(figures).toMatchObject({ calls: 240, succeeded: 240, tokenRequests: 4 });
  });
});
