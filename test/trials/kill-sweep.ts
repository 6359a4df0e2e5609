import { parseArgs } from 'node:util';
import { killSweepTrial } from './kill-sweep-trial';
import { report } from './report';
import { withTrialDatabase } from './trial-database';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    scenario: { type: 'string' },
  },
});

void report(() =>
  withTrialDatabase((url) =>
    killSweepTrial(url, {
      kills: Number(values.kills),
      seed: Number(values.seed),
      ...(values.scenario === undefined ? {} : { scenario: values.scenario }),
      onKill: (done, violations) => {
        if (done % 20 === 0) process.stderr.write(`${done} kills, ${violations.length} violations\n`);
      },
    }),
  ),
);
