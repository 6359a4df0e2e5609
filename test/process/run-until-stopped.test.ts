import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { projectPath } from '../../src/lib/project-path';

const PROGRAM = `
  const { runUntilStopped } = require('./src/process');
  const { createLogger } = require('./src/logger');
  const say = (line) => process.stdout.write(line + '\\n');
  runUntilStopped(createLogger({ level: 'silent', pretty: false }), async () => {
    say('starting');
    await new Promise((resolve) => setTimeout(resolve, 400));
    say('started');
    return async () => say('stopped');
  });
`;

describe('a program that runs until it is stopped', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'stops in order for a %s that comes while it starts',
    async (signal) => {
      const child = spawn(process.execPath, ['--import', 'tsx', '-e', PROGRAM], {
        cwd: projectPath(),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (chunk) => {
        if (said === '') child.kill(signal);
        said += chunk;
      });
      const [code] = await once(child, 'close');
      expect({ code, said }).toEqual({ code: 0, said: 'starting\nstarted\nstopped\n' });
    },
    30_000,
  );
});
