import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { parseCommandLine } from '../../src/sandbox/command-line';
import { startSandbox } from '../../src/sandbox/server';

const ROOT = path.join(__dirname, '../..');

function run(...args: string[]): ChildProcess {
  const tsx = path.join(ROOT, 'node_modules/tsx/dist/cli.mjs');
  return spawn(process.execPath, [tsx, 'src/sandbox/server.ts', ...args], { cwd: ROOT, stdio: 'pipe' });
}

async function readAll(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) text += chunk;
  return text;
}

describe('the sandbox as a process', () => {
  it('prints one line of JSON with its address when it listens, and ends when it is told to', async () => {
    const child = run('--members', '1', '--posts', '0');
    const [line] = await once(child.stdout as NodeJS.ReadableStream, 'data');
    const { url } = JSON.parse(String(line));
    expect(String(line).trimEnd().split('\n')).toHaveLength(1);
    expect((await fetch(`${url}/_sandbox/truth/members`)).status).toBe(200);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  it('may be told to end by several at once', async () => {
    const sandbox = await startSandbox();
    await expect(Promise.all([sandbox.close(), sandbox.close()])).resolves.toBeDefined();
    await expect(sandbox.close()).resolves.toBeUndefined();
  });

  it('says so when the port is taken', async () => {
    const sandbox = await startSandbox();
    await expect(startSandbox({ port: sandbox.port })).rejects.toThrow(`Port ${sandbox.port} on 127.0.0.1 is taken`);
    const child = run('--port', String(sandbox.port));
    const [stderr, [code]] = await Promise.all([readAll(child.stderr), once(child, 'exit')]);
    await sandbox.close();
    expect(stderr).toContain('is taken');
    expect(code).toBe(1);
  });

  it.each([
    [['--members', 'many'], '--members must be a whole number'],
    [['--now', 'soon'], '--now must be a time'],
    [['--campaigns', '{}'], '--campaigns must be a JSON array'],
    [['--unknown'], "Unknown option '--unknown'"],
  ])('refuses %j', (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(message);
  });

  it('takes sizes, times, clients and limits from its options', () => {
    const args =
      '--members 9 --currency EUR --seed 4 --now 2026-09-15T08:00:00Z --client-id c --redirect-uri http://a --no-limits';
    expect(parseCommandLine(args.split(' '))).toEqual({
      campaigns: [{ members: 9, currency: 'EUR' }],
      seed: 4,
      now: Date.parse('2026-09-15T08:00:00Z'),
      clientId: 'c',
      redirectUris: ['http://a'],
      limits: null,
    });
  });
});
