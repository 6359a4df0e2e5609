import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPostgresServer } from './process-identity';

/** What a running server writes into `postmaster.pid` (PostgreSQL, src/include/utils/pidfile.h). */
export interface PostmasterFile {
  pid: number;
  dataDirectory: string;
  port: number;
  ready: boolean;
}

export function readPostmasterFile(pgData: string): PostmasterFile | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(pgData, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const [pid = '', dataDirectory = '', , port = '', , , , status = ''] = lines;
  // A negative number is a stand-alone backend; there is nothing to connect to.
  return {
    pid: Math.abs(Number.parseInt(pid, 10)) || 0,
    dataDirectory,
    port: Number(port),
    ready: status.trim() === 'ready',
  };
}

/**
 * Whether the file speaks of a living server on this very data directory. It does not when the server died without
 * cleaning up and its number now belongs to another program, or when the directory is a copy of one that is in use.
 */
export function belongsToLivingServer(file: PostmasterFile, pgData: string): boolean {
  if (file.pid === 0 || !isPostgresServer(file.pid, [pgData, file.dataDirectory])) return false;
  // In a moved project the old place is gone; in a copied one it is still there, and the server is the original's.
  return file.dataDirectory === pgData || !existsSync(join(file.dataDirectory, 'postmaster.pid'));
}
