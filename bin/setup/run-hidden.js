const { spawn } = require('node:child_process');

/** Runs a program and keeps what it prints to itself, unless it fails: then the end of it is the error's message. */
function runHidden(file, args, options) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve();
      const lines = Buffer.concat(chunks).toString().trimEnd().split('\n').slice(-60);
      reject(new Error(`${lines.join('\n')}\n${options.name} ended with ${signal ?? code}.`));
    });
  });
}

module.exports = { runHidden };
