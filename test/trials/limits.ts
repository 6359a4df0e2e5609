import { parseArgs } from 'node:util';
import { withScratchDatabase } from '../../src/bench/scratch-database';
import { limitsTrial, violationsOf } from './limits-trial';
import { report } from './report';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, throttling: { type: 'string', default: '0.01' } },
});

void report(async () => {
  const throttling = { probability: Number(values.throttling), times: null };
  const options = { seconds: Number(values.minutes) * 60, throttling };
  const figures = await withScratchDatabase((url) => limitsTrial(url, options));
  return { figures: { ...figures, failures: figures.failures.slice(0, 5) }, violations: violationsOf(figures) };
});
