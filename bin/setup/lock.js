const {
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} = require('node:fs');
const { dirname, join } = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const BEAT_MS = 5_000;
const DEAD_AFTER_MS = 60_000;

/** Runs `work` while no other command sets up this checkout. The lock of a killed command is taken over. */
async function withSetupLock(root, work) {
  const lock = join(root, '.data', 'setup.lock');
  mkdirSync(dirname(lock), { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  await take(lock);
  const beat = setInterval(() => touch(lock), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(lock, { recursive: true, force: true });
    removeIfEmpty(dirname(lock));
  }
}

async function take(lock) {
  for (let waited = false; ; waited = true) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, 'pid'), String(process.pid));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST' && error.code !== 'ENOENT') throw error;
    }
    mkdirSync(dirname(lock), { recursive: true });
    if (breakIfStale(lock)) continue;
    if (!waited) process.stderr.write('Waiting for another command that sets up this project …\n');
    await sleep(100);
  }
}

function breakIfStale(lock) {
  const seen = holder(lock);
  if (!isStale(lock, seen)) return false;
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    // Another waiter may have replaced it between the look and the move: then it is put back.
    if (holder(aside) !== seen) renameSync(aside, lock);
    else rmSync(aside, { recursive: true, force: true });
  } catch {
    return false;
  }
  return true;
}

function isStale(lock, pid) {
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (age > DEAD_AFTER_MS) return true;
  if (!pid) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function holder(lock) {
  try {
    return readFileSync(join(lock, 'pid'), 'utf8');
  } catch {
    return '';
  }
}

function touch(lock) {
  const now = new Date();
  try {
    utimesSync(lock, now, now);
  } catch {
    // Removed by hand: the work goes on.
  }
}

function removeIfEmpty(directory) {
  try {
    rmdirSync(directory);
  } catch {
    // Data lives here.
  }
}

module.exports = { withSetupLock };
