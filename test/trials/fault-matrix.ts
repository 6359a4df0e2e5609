import { parseArgs } from 'node:util';
import { faultMatrixTrial, MATRIX_FAULTS, matrixTable } from './fault-matrix-trial';
import { report } from './report';
import { withTrialDatabase } from './trial-database';

const { values } = parseArgs({ options: { kind: { type: 'string' }, still: { type: 'boolean', default: false } } });

void report(() =>
  withTrialDatabase(async (url) => {
    const faults = MATRIX_FAULTS.filter(({ kind }) => values.kind === undefined || kind === values.kind);
    const begun = performance.now();
    const { cells, violations } = await faultMatrixTrial(url, { faults, ...(values.still ? { live: [false] } : {}) });
    process.stdout.write(`${matrixTable(cells)}\n`);
    const count = (isCounted: (cell: (typeof cells)[number]) => boolean) => cells.filter(isCounted).length;
    const figures = {
      runs: cells.length,
      falseGone: cells.reduce((sum, { falseGone }) => sum + falseGone, 0),
      converged: count(({ converged }) => converged),
      mostRequests: Math.max(...cells.map(({ requests }) => requests)),
      seconds: Math.round((performance.now() - begun) / 1000),
    };
    return { figures, violations };
  }),
);
