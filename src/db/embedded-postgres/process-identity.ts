import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Signal 0 delivers nothing and only asks; a refusal (EPERM) means that the process is there but somebody else's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * A text that differs between two processes that had the same number one after the other (usual in containers):
 * the boot and the start time in clock ticks. Empty where the system does not tell.
 */
export function processIdentity(pid: number): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The second field is the program's name in brackets and may hold blanks; the start time is field 22.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop()?.split(' ');
    return `${boot}:${fields?.[19]}`;
  } catch {
    return '';
  }
}

/** Whether this process is a PostgreSQL server that was started on one of these data directories. */
export function isPostgresServer(pid: number, dataDirectories: string[]): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform === 'win32') return true;
  if (process.platform === 'linux') {
    const [program = '', ...words] = linuxCommandLine(pid);
    return basename(program) === 'postgres' && words.some((word) => dataDirectories.includes(word));
  }
  // ps gives one line for the whole command, so the words cannot be told apart by place.
  const line = describedByPs(pid);
  return line.includes('/postgres ') && dataDirectories.some((directory) => line.includes(` ${directory}`));
}

/** Empty for a process that ended and waits to be reaped. */
function linuxCommandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function describedByPs(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}
