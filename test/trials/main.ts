/** The long trials, by name. Small versions of them run with the tests. */
const TRIALS = {
  'kill-sweep': () => import('./kill-sweep.js'),
  'fault-matrix': () => import('./fault-matrix.js'),
  model: () => import('./model.js'),
  limits: () => import('./limits.js'),
  'refresh-race': () => import('./refresh-race.js'),
};

const USAGE = `Usage: npm run trials -- <trial> [options]
  kill-sweep    [--kills 200] [--seed N]                    runs killed everywhere; one further run must make it whole
  fault-matrix  [--kind K] [--still]                        every fault on every page, once, three times and for ever
  model         [--runs 2000] [--seed N] [--path P]         random sequences of changes, runs, reads, crashes and pauses
  limits        [--minutes 10] [--throttling 0.01]          three processes against Patreon's limits and our own
  refresh-race  [--rounds 100] [--callers 60]               three processes at the moment a token expires
Each ends with 1 when a promise was broken, and prints what replays it.
`;

const [name = ''] = process.argv.splice(2, 1);
if (Object.hasOwn(TRIALS, name)) void TRIALS[name as keyof typeof TRIALS]();
else {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}
