import { createTestDatabase, type TestDatabase } from '../../support/database';
import { faultMatrixTrial, MATRIX_FAULTS } from '../../trials/fault-matrix-trial';

const SOME = ['500', 'truncated', 'null-cursor', 'vanished-list', 'repeated-items', 'looping-cursor', 'revoked-token'];

/** Some of what `npx tsx test/trials/fault-matrix.ts` does with every fault. */
describe('trouble on a page of members', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('ends every run, calls nobody gone who is there, and leaves nothing behind once it is over', async () => {
    const faults = MATRIX_FAULTS.filter(({ kind }) => SOME.includes(kind));
    const { cells, violations } = await faultMatrixTrial(database.url, {
      faults,
      pages: ['middle'],
      times: ['once', 'for ever'],
      live: [false],
    });
    expect(violations).toEqual([]);
    expect(cells).toHaveLength(faults.length * 2);
  }, 600_000);
});
