import { parseArgs } from 'node:util';
import { withScratchDatabase } from '../../src/bench/scratch-database';
import { refreshRaceTrial, violationsOf } from './refresh-race-trial';
import { report } from './report';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '100' }, callers: { type: 'string', default: '60' } },
});

void report(async () => {
  const options = { rounds: Number(values.rounds), callers: Number(values.callers) };
  const figures = await withScratchDatabase((url) => refreshRaceTrial(url, options));
  return { figures: { ...figures, failures: figures.failures.slice(0, 5) }, violations: violationsOf(figures) };
});
