import { execFile, execFileSync } from 'node:child_process';
import { existsSync, lchownSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { serverEnvironment } from './server-settings';

const run = promisify(execFile);

/** How to start PostgreSQL's programs, which refuse to run as root. */
export interface Launcher {
  /** Turns a command into the one to spawn, with spawn's options for it. */
  command(program: string, args: string[]): { file: string; args: string[]; options: { uid?: number; gid?: number } };
  /** Gives a file or a whole directory to the user under whom the server runs. */
  handOver(path: string): void;
}

interface Account {
  uid: number;
  gid: number;
}

const asMyself: Launcher = { command: (file, args) => ({ file, args, options: {} }), handOver: () => undefined };

/**
 * Nothing special for an ordinary user. As root: the owner of an existing data directory, else `postgres`, else `nobody`;
 * where that user cannot enter the project (a 0700 directory of root's), with the one capability to pass through
 * directories, else as root of a user namespace in which root has another number.
 * @throws Error with a sentence for the operator when none of the ways works on this machine.
 */
export async function chooseLauncher(pgData: string, postgres: string): Promise<Launcher> {
  if (process.getuid?.() !== 0) return asMyself;
  const account = unprivilegedAccount(pgData);
  const open = canEnter(dirname(postgres), account) && canEnter(dirname(pgData), account);
  const ways = [
    ...(open ? [asAccount(account)] : []),
    withCapability(account, 'dac_read_search'),
    withCapability(account, 'dac_override'),
    inUserNamespace(),
  ];
  for (const way of ways) {
    if (await works(way, postgres)) return way;
  }
  throw new Error(
    `PostgreSQL refuses to run as root, and this machine offers no way to run it as another user in ${dirname(pgData)}. ` +
      'Move the project to a directory that other users may enter (for example /srv), start it as an ordinary user, or set DATABASE_URL.',
  );
}

async function works(launcher: Launcher, postgres: string): Promise<boolean> {
  const { file, args, options } = launcher.command(postgres, ['--version']);
  return run(file, args, { ...options, cwd: '/', env: serverEnvironment }).then(
    () => true,
    () => false,
  );
}

function unprivilegedAccount(pgData: string): Account {
  const owner = existsSync(pgData) ? statSync(pgData) : undefined;
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((flag) =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] })),
      );
      if (uid && gid) return { uid, gid };
    } catch {
      // No such user: the next name.
    }
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is neither a user "postgres" nor "nobody". Set DATABASE_URL.',
  );
}

/** By the permission bits of the directory and all above it. */
function canEnter(directory: string, { uid, gid }: Account): boolean {
  const { mode, uid: owner, gid: group } = statSync(directory);
  const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
  const parent = dirname(directory);
  return (mode & bit) !== 0 && (parent === directory || canEnter(parent, { uid, gid }));
}

function asAccount(account: Account): Launcher {
  return {
    command: (file, args) => ({ file, args, options: account }),
    handOver: (path) => changeOwner(path, account),
  };
}

/**
 * Through setpriv of util-linux. `no_setuid_fixup` keeps the capability in force for access(2), with which PostgreSQL
 * looks for its own files; without it the kernel judges access(2) by the bare user.
 */
function withCapability(account: Account, capability: string): Launcher {
  const only = `-all,+${capability}`;
  const flags = [
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    '--clear-groups',
    '--securebits=+no_setuid_fixup',
    `--inh-caps=${only}`,
    `--ambient-caps=${only}`,
    `--bounding-set=${only}`,
    '--',
  ];
  return {
    command: (program, args) => ({ file: 'setpriv', args: [...flags, program, ...args], options: {} }),
    handOver: (path) => changeOwner(path, account),
  };
}

/** For containers in which root may not become anybody else: the files stay root's. */
function inUserNamespace(): Launcher {
  return {
    command: (program, args) => ({
      file: 'unshare',
      args: ['--user', '--map-user=65534', '--map-group=65534', program, ...args],
      options: {},
    }),
    handOver: (path) => changeOwner(path, { uid: 0, gid: 0 }),
  };
}

function changeOwner(path: string, account: Account): void {
  const entry = lstatSync(path);
  if (entry.uid !== account.uid || entry.gid !== account.gid) lchownSync(path, account.uid, account.gid);
  if (!entry.isDirectory()) return;
  for (const name of readdirSync(path)) changeOwner(join(path, name), account);
}
