// `npm run build`: makes dist/ and public/vendor/ anew. The commands of bin/run.js do this by themselves when it is due.
const { join } = require('node:path');
const { build, ensureBrowserFiles } = require('./setup/dist');
const { withSetupLock } = require('./setup/lock');
const { ensureInstalled } = require('./setup/packages');
const { step } = require('./setup/step');

const root = join(__dirname, '..');

async function main() {
  // A deployment has installed its packages in its own way before it builds.
  if (process.env.NODE_ENV !== 'production') await ensureInstalled(root);
  await withSetupLock(root, () => step('Building', () => build(root)));
  ensureBrowserFiles(root);
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
