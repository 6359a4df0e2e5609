import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectPath } from '../../src/lib/project-path';

jest.setTimeout(90_000);

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe('node bin/run.js', () => {
  let project: string;

  // A small project with our first step and our packages: its command prints its arguments and ends with code 3.
  beforeAll(() => {
    project = mkdtempSync(join(tmpdir(), 'patrondesk-run-'));
    for (const path of ['bin', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']) {
      cpSync(projectPath(path), join(project, path), { recursive: true });
    }
    symlinkSync(projectPath('node_modules'), join(project, 'node_modules'));
    mkdirSync(join(project, 'src'));
    writeFileSync(join(project, 'src', 'note.txt'), 'beside the code');
    // An npm that fails: these tests need no network and must never touch the packages that they borrow.
    writeFileSync(
      failingNpm(),
      "console.error('npm: the disk is full', process.argv.slice(2).join(' ')); process.exit(28);",
    );
    writeSource('console.log(JSON.stringify(process.argv.slice(2)));\nprocess.exitCode = 3;\n');
  });

  afterAll(() => rmSync(project, { recursive: true, force: true }));

  const failingNpm = () => join(project, 'npm-cli.js');
  const writeSource = (text: string) => writeFileSync(join(project, 'src', 'cli.ts'), text);

  function run(args: string[], env: NodeJS.ProcessEnv = {}, nodeFlags: string[] = []): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [...nodeFlags, join(project, 'bin', 'run.js'), ...args], {
        env: { PATH: process.env.PATH, npm_execpath: failingNpm(), ...env },
      });
      const outcome: Outcome = { code: null, stdout: '', stderr: '' };
      child.stdout.on('data', (chunk) => {
        outcome.stdout += chunk;
      });
      child.stderr.on('data', (chunk) => {
        outcome.stderr += chunk;
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ ...outcome, code }));
    });
  }

  it('builds once when two commands start together, and passes arguments and exit code through', async () => {
    const outcomes = await Promise.all([run(['cli', 'status', '--json']), run(['cli', 'status', '--json'])]);
    for (const { code, stdout } of outcomes)
      expect({ code, stdout }).toEqual({ code: 3, stdout: '["status","--json"]\n' });
    expect(outcomes.filter(({ stderr }) => stderr.includes('Building'))).toHaveLength(1);
    expect(readFileSync(join(project, 'dist', 'src', 'note.txt'), 'utf8')).toBe('beside the code');
  });

  it('has nothing to do and nothing to say the second time', async () => {
    expect(await run(['cli'])).toEqual({ code: 3, stdout: '[]\n', stderr: '' });
    expect(existsSync(join(project, 'public', 'vendor', 'htmx.min.js'))).toBe(true);
  });

  it('shows the mistake and keeps the former build when the sources do not compile', async () => {
    const former = readFileSync(join(project, 'src', 'cli.ts'), 'utf8');
    writeSource("const cents: number = 'free';\nconsole.log(cents);\n");
    const { code, stdout, stderr } = await run(['cli']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain("Type 'string' is not assignable to type 'number'");

    writeSource(former);
    expect(await run(['cli'])).toEqual({ code: 3, stdout: '[]\n', stderr: '' });
    expect(readdirSync(project).filter((name) => name.startsWith('dist'))).toEqual(['dist']);
  });

  it('neither installs nor builds in production when both are there', async () => {
    const source = readFileSync(join(project, 'src', 'cli.ts'), 'utf8');
    writeSource(`${source}// changed`);
    expect(await run(['cli'], { NODE_ENV: 'production' })).toEqual({ code: 3, stdout: '[]\n', stderr: '' });
    writeSource(source);
  });

  it('takes over the lock of a killed command', async () => {
    writeSource(`${readFileSync(join(project, 'src', 'cli.ts'), 'utf8')}// built again`);
    mkdirSync(join(project, '.data', 'setup.lock'), { recursive: true });
    writeFileSync(join(project, '.data', 'setup.lock', 'pid'), '999999999');
    const { code, stderr } = await run(['cli']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^Building … \d+\.\d s\n$/);
    expect(existsSync(join(project, '.data'))).toBe(false);
  });

  it('installs when a package is missing, and shows what npm said when that fails', async () => {
    rmSync(join(project, 'node_modules'));
    const { code, stderr } = await run(['cli']);
    expect(code).toBe(1);
    expect(stderr).toContain('npm: the disk is full ci --include=dev');
    symlinkSync(projectPath('node_modules'), join(project, 'node_modules'));
  });

  it('stops when the shell in which npm started it is stopped', async () => {
    const former = readFileSync(join(project, 'src', 'cli.ts'), 'utf8');
    writeSource(`process.on('SIGTERM', () => {
      process.stdout.write('stopped');
      process.exit(0);
    });
    setInterval(() => undefined, 1_000);
    process.stdout.write('up ');\n`);
    const script = `'${process.execPath}' '${join(project, 'bin', 'run.js')}' cli; true`;
    const shell = spawn('sh', ['-c', script], { env: { PATH: process.env.PATH, npm_lifecycle_event: 'start' } });
    let said = '';
    shell.stdout.on('data', (chunk) => {
      said += chunk;
      if (said === 'up ') shell.kill('SIGTERM');
    });
    // The pipe closes when its last holder ends, and that is our command.
    await once(shell.stdout, 'close');
    expect(said).toBe('up stopped');
    writeSource(former);
  });

  it('answers an unknown command with the ones it knows', async () => {
    const { code, stdout, stderr } = await run(['toString']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: node bin/run.js <start|');
  });

  it('tells a user of an old Node which one is needed', async () => {
    const disguise = join(project, 'old-node.js');
    writeFileSync(
      disguise,
      "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '16.20.2' } });",
    );
    const { code, stderr } = await run(['cli'], {}, ['--require', disguise]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Patrondesk needs Node 20\.\d+\.\d+ or later; this is 16\.20\.2\./);
  });
});
