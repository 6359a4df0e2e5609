// The first step of every npm script: `node bin/run.js <command> [arguments]`. It needs nothing but Node, and this file
// keeps to a syntax that any Node can read, so that an old one gets a sentence instead of a syntax error.
const required = require('../package.json')
  .engines.node.replace(/[^\d.]/g, '')
  .split('.')
  .map(Number);
const current = process.versions.node.split('.').map(Number);

const isTooOld = current[0] < required[0] || (current[0] === required[0] && current[1] < required[1]);
if (isTooOld) {
  process.stderr.write(
    `Patrondesk needs Node ${required.join('.')} or later; this is ${process.versions.node}. See https://nodejs.org/\n`,
  );
  process.exitCode = 2;
} else {
  require('./setup/run-command').runCommand(process.argv[2], process.argv.slice(3));
}
