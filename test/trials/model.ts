import { parseArgs } from 'node:util';
import { modelTrial } from './model-trial';
import { report } from './report';
import { withTrialDatabase } from './trial-database';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string' },
    path: { type: 'string' },
    'at-once': { type: 'boolean', default: false },
  },
});

void report(() =>
  withTrialDatabase((url) =>
    modelTrial(url, {
      runs: Number(values.runs),
      seed: Number(values.seed ?? Math.floor(Math.random() * 2 ** 31)),
      ...(values.path === undefined ? {} : { path: values.path }),
      endsAtOnce: values['at-once'],
      onSequence: (done) => {
        if (done % 100 === 0) process.stderr.write(`${done} sequences\n`);
      },
    }),
  ),
);
