const { createHash } = require('node:crypto');
const {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { basename, dirname, join, relative } = require('node:path');
const { withSetupLock } = require('./lock');
const { runHidden } = require('./run-hidden');
const { step } = require('./step');

const SOURCES = [
  'src',
  'migrations',
  'seeds',
  'knexfile.ts',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
  'bin/setup/dist.js',
];

/** What the browser gets from packages, by its name below public/vendor/. */
const BROWSER_FILES = { 'htmx.min.js': 'node_modules/htmx.org/dist/htmx.min.js' };

/** Builds dist/ unless it was built from exactly these sources. */
async function ensureBuilt(root) {
  if (isBuilt(root)) return;
  await withSetupLock(root, async () => {
    if (!isBuilt(root)) await step('Building', () => build(root));
  });
}

/** Compiles beside and swaps, so that a running server never meets half a build and a failed build changes nothing. */
async function build(root) {
  removeAbandoned(root);
  const wanted = fingerprint(root);
  const made = join(root, `dist.tmp-${process.pid}`);
  const former = join(root, `dist.old-${process.pid}`);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  try {
    await runHidden(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', made], { cwd: root, name: 'tsc' });
    copyOtherFiles(join(root, 'src'), join(made, 'src'));
    writeFileSync(stampFile(made), wanted);
    if (existsSync(join(root, 'dist'))) renameSync(join(root, 'dist'), former);
    renameSync(made, join(root, 'dist'));
  } finally {
    for (const directory of [made, former]) rmSync(directory, { recursive: true, force: true });
  }
}

/** Data that code reads from beside itself, such as the sandbox's pages. */
function copyOtherFiles(from, to) {
  cpSync(from, to, { recursive: true, filter: (path) => statSync(path).isDirectory() || !/\.(ts|md)$/.test(path) });
}

function ensureBrowserFiles(root) {
  for (const [name, source] of Object.entries(BROWSER_FILES)) {
    const target = join(root, 'public', 'vendor', name);
    const wanted = readFileSync(join(root, source));
    if (existsSync(target) && readFileSync(target).equals(wanted)) continue;
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(`${target}.${process.pid}`, wanted);
    renameSync(`${target}.${process.pid}`, target);
  }
}

function removeAbandoned(root) {
  for (const name of readdirSync(root)) {
    if (/^dist\.(tmp|old)-\d+$/.test(name)) rmSync(join(root, name), { recursive: true, force: true });
  }
}

function isBuilt(root) {
  const stamp = stampFile(join(root, 'dist'));
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(root);
}

/** Over the content, because a checkout of an older commit may carry any file time. */
function fingerprint(root) {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap((source) => filesBelow(join(root, source)))) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesBelow(path) {
  if (!existsSync(path) || basename(path).startsWith('.')) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

function stampFile(directory) {
  return join(directory, '.built-from');
}

module.exports = { build, ensureBrowserFiles, ensureBuilt };
