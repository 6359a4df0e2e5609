import { totalmem } from 'node:os';

/** PostgreSQL inherits none of our settings, which hold secrets. */
export const serverEnvironment = { PATH: process.env.PATH ?? '/usr/bin:/bin', TZ: 'UTC', LC_MESSAGES: 'C' };

/** Given on the command line at every start, so that a change of ours reaches data directories made earlier. */
export function serverSettings(port: number, durable: boolean): string[] {
  const settings: Record<string, string | number> = {
    port,
    listen_addresses: '127.0.0.1',
    // No socket files: their path may be too long (107 bytes), and the directory may be closed to the server's user.
    unix_socket_directories: '',
    max_connections: 100,
    shared_buffers: durable ? sharedBuffers() : '128MB',
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    random_page_cost: 1.1,
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    // Failed statements are logged by the program that sent them; here they would leave row values in a file.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/**
 * An eighth of the memory that this process may use. Rows that lie outside are read through the operating system, which
 * takes a list of a million members several times as long.
 */
function sharedBuffers(): string {
  const allowed = process.constrainedMemory();
  const memory = allowed > 0 ? Math.min(totalmem(), allowed) : totalmem();
  return `${Math.min(1024, Math.max(128, Math.floor(memory / 8 / 2 ** 20)))}MB`;
}
