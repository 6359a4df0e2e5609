import { accessSync, constants, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { Membership } from './membership';

export interface EmbeddedPostgresOptions {
  dataDir: string;
  log?: (message: string) => void;
  /** False for throw-away data: nothing is flushed to disk, a power cut may destroy it. */
  durable?: boolean;
}

export interface EmbeddedPostgres {
  /** Address with the password of a database of ours; the user is a superuser of this server. */
  url: string;
  /** Close your own connections first. Stops the server unless another program is connected. Never throws. */
  release(): Promise<void>;
}

/**
 * Finds the PostgreSQL server of `dataDir` or makes and starts it. Any number of processes may call this at the same
 * time; the last to release stops the server. One that was left behind by a killed process is taken over. Until the
 * release, a server that dies is started again on the same port.
 * @throws Error with a sentence for the operator when PostgreSQL cannot run here.
 */
export async function acquireEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = openDirectory(options.dataDir);
  const files = {
    pgData: join(dataDir, 'postgres'),
    logFile: join(dataDir, 'postgres.log'),
    lockFile: join(dataDir, 'postgres.lock'),
  };
  const membership = new Membership(files, options.durable ?? true, options.log ?? (() => undefined));
  const url = await membership.join();
  return { url, release: () => membership.leave() };
}

/** Real path, because a server is recognised by the path in its command line. */
function openDirectory(dataDir: string): string {
  try {
    // Others may pass through root's directory: the server runs as one of them.
    mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    const directory = realpathSync(dataDir);
    accessSync(directory, constants.W_OK | constants.X_OK);
    return directory;
  } catch (cause) {
    throw new Error(
      `The data directory ${dataDir} cannot be used (${(cause as Error).message}). Run as the user to whom it belongs, or set DATA_DIR or DATABASE_URL.`,
      { cause },
    );
  }
}
