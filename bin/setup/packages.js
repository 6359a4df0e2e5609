const { createHash } = require('node:crypto');
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { withSetupLock } = require('./lock');
const { runHidden } = require('./run-hidden');
const { step } = require('./step');

/** Installs what package-lock.json names, unless it is there already. */
async function ensureInstalled(root) {
  if (isInstalled(root)) return;
  await withSetupLock(root, async () => {
    if (isInstalled(root)) return;
    await step('Installing packages (about a minute, only this once)', () => install(root));
    writeFileSync(stampFile(root), fingerprint(root));
  });
}

function install(root) {
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  const npm = process.env.npm_execpath ?? '';
  const [file, first] = npm.endsWith('npm-cli.js') ? [process.execPath, [npm]] : ['npm', []];
  return runHidden(file, [...first, ...args], {
    cwd: root,
    name: 'npm ci',
    shell: process.platform === 'win32' && file === 'npm',
  });
}

function isInstalled(root) {
  const { dependencies, devDependencies } = manifest(root);
  const names = Object.keys({ ...dependencies, ...devDependencies });
  if (!names.every((name) => existsSync(join(root, 'node_modules', name, 'package.json')))) return false;
  const wanted = fingerprint(root);
  const stamp = existsSync(stampFile(root)) ? readFileSync(stampFile(root), 'utf8') : '';
  if (stamp === wanted) return true;
  if (!matchesLock(root)) return false;
  tryToWrite(stampFile(root), wanted);
  return true;
}

/** Somebody ran npm by hand: npm's own record of what it put there is compared with the lock file. */
function matchesLock(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const present = JSON.parse(readFileSync(record, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(
    ([path, entry]) => path === '' || entry.optional || present[path]?.version === entry.version,
  );
}

function fingerprint(root) {
  const { dependencies, devDependencies, optionalDependencies, overrides } = manifest(root);
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(
      JSON.stringify([dependencies, devDependencies, optionalDependencies, overrides, process.platform, process.arch]),
    )
    .digest('hex');
}

function manifest(root) {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}

function stampFile(root) {
  return join(root, 'node_modules', '.patrondesk-install');
}

function tryToWrite(file, text) {
  try {
    writeFileSync(file, text);
  } catch {
    // Not ours to write: the comparison is made again next time.
  }
}

module.exports = { ensureInstalled };
