const { existsSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { ensureBuilt, ensureBrowserFiles } = require('./dist');
const { ensureInstalled } = require('./packages');

const PARENT_CHECK_MS = 300;
const ROOT = join(__dirname, '..', '..');

/** What each command needs and which program it becomes. */
const COMMANDS = {
  start: { built: true, program: () => ['dist/src/server.js'] },
  demo: { built: true, program: () => ['dist/src/demo.js'] },
  cli: { built: true, program: () => ['dist/src/cli.js'] },
  bench: { built: true, program: () => ['dist/src/bench.js'] },
  dev: { program: () => ['node_modules/tsx/dist/cli.mjs', 'watch', '--clear-screen=false', 'src/server.ts'] },
  test: { program: () => ['node_modules/jest/bin/jest.js'] },
  trials: { program: () => ['node_modules/tsx/dist/cli.mjs', 'test/trials/main.ts'] },
  'test:browser': {
    built: true,
    program: () => ['node_modules/jest/bin/jest.js', '--config', 'jest.browser.config.js'],
  },
};

/** Does the set-up that is missing, then becomes the program: same process, so its signals and exit code are the program's own. */
async function runCommand(name, args) {
  const command = Object.hasOwn(COMMANDS, name ?? '') ? COMMANDS[name] : undefined;
  if (!command) {
    process.stderr.write(`Usage: node bin/run.js <${Object.keys(COMMANDS).join('|')}> [arguments]\n`);
    process.exitCode = 2;
    return;
  }
  endWithParent();
  try {
    if (!isDeployed(command)) await setUp(command);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
    return;
  }
  await become(command.program(), args);
}

/**
 * npm passes a signal to the shell in which it runs a script, and common shells die of it without telling us. A server
 * that lived on would keep its port, so the end of that shell is our SIGTERM.
 */
function endWithParent() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_CHECK_MS);
  watch.unref();
}

/** A production machine got its packages and its build when it was made, perhaps on a read-only disk. */
function isDeployed(command) {
  const hasBuild = existsSync(join(ROOT, 'dist')) && existsSync(join(ROOT, 'node_modules'));
  return process.env.NODE_ENV === 'production' && command.built && hasBuild;
}

async function setUp(command) {
  await ensureInstalled(ROOT);
  if (command.built) await ensureBuilt(ROOT);
  ensureBrowserFiles(ROOT);
}

async function become([file, ...ownArgs], args) {
  const program = join(ROOT, file);
  process.chdir(ROOT);
  process.argv = [process.execPath, program, ...ownArgs, ...args];
  process.setSourceMapsEnabled(true);
  if (file.endsWith('.mjs')) await import(pathToFileURL(program).href);
  else Module.runMain();
}

module.exports = { runCommand };
