import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { locateBinaries } from './binaries';
import { DATABASE_USER, ensureCluster, readCredentials } from './cluster';
import { type Keeper, openKeeper } from './keeper';
import { chooseLauncher } from './launcher';
import { withLockFile } from './lock-file';
import { findRunningPort, type Server, startServer, stopServer } from './server';

const DATABASE = 'patrondesk';
const CONNECT_ATTEMPTS = 100;
const WRONG_PASSWORD = '28P01';
const RETRY_MS = [100, 250, 500, 1_000, 2_000, 5_000];

export interface Files {
  pgData: string;
  logFile: string;
  lockFile: string;
}

/** One process's use of the embedded server, from join to leave. */
export class Membership {
  private keeper: Keeper | undefined;
  private port = 0;
  private left: Promise<void> | undefined;

  constructor(
    private readonly files: Files,
    private readonly durable: boolean,
    private readonly log: (message: string) => void,
  ) {}

  async join(): Promise<string> {
    try {
      await this.enter();
    } catch (error) {
      await this.leave();
      throw error;
    }
    return this.url(DATABASE);
  }

  leave(): Promise<void> {
    this.left ??= this.exit().catch((error: Error) =>
      this.log(`The embedded PostgreSQL was left running: ${error.message}`),
    );
    return this.left;
  }

  /** Under the lock, so that nobody stops the server between our finding it and our being connected to it. */
  private async enter(): Promise<void> {
    await withLockFile(this.files.lockFile, async () => {
      if (this.left !== undefined) return;
      await this.connect();
      await this.createDatabase();
    });
  }

  /** A server that is just dying may still look alive for a moment; a wrong password stays wrong. */
  private async connect(): Promise<void> {
    for (let attempt = 1; !this.keeper; attempt++) {
      this.port = (await findRunningPort(this.files.pgData)) ?? (await this.start());
      try {
        this.keeper = await openKeeper(this.url('postgres'), () => void this.heal());
      } catch (error) {
        if (attempt === CONNECT_ATTEMPTS || (error as { code?: string }).code === WRONG_PASSWORD) throw error;
        await sleep(100);
      }
    }
  }

  private async exit(): Promise<void> {
    await withLockFile(this.files.lockFile, async () => {
      const keeper = this.keeper;
      this.keeper = undefined;
      if (!keeper) return;
      const stays = await keeper.hasCompany().catch(() => true);
      await keeper.end();
      if (!stays) await stopServer(await this.server());
    });
  }

  /** The server died (it was killed, or the machine ran out of memory): start it again where it was. */
  private async heal(): Promise<void> {
    this.keeper = undefined;
    const before = this.port;
    for (let attempt = 0; this.left === undefined && !this.keeper; attempt++) {
      // Not a reason for the process to live on.
      await sleep(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)], undefined, { ref: false });
      await this.enter().catch((error: Error) => this.log(`The embedded PostgreSQL is gone: ${error.message}`));
    }
    if (this.keeper && this.port !== before) {
      this.log(`The embedded PostgreSQL had to move from port ${before} to ${this.port}: please restart this program.`);
    }
  }

  private async start(): Promise<number> {
    const server = await this.server();
    const fresh = !existsSync(server.pgData);
    await ensureCluster(server.pgData, server.binaries, server.launcher, this.durable);
    server.launcher.handOver(server.pgData);
    const port = await startServer(server);
    this.log(
      `PostgreSQL ${server.binaries.major} ${fresh ? 'made' : 'started'} in ${server.pgData}, 127.0.0.1:${port}`,
    );
    return port;
  }

  private async server(): Promise<Server> {
    const binaries = locateBinaries();
    const launcher = await chooseLauncher(this.files.pgData, binaries.postgres);
    return { ...this.files, binaries, launcher, durable: this.durable };
  }

  private async createDatabase(): Promise<void> {
    const client = new Client({ connectionString: this.url('postgres') });
    await client.connect();
    try {
      const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
      if (rowCount === 0) await client.query(`create database ${DATABASE}`);
    } finally {
      await client.end();
    }
  }

  private url(database: string): string {
    const { password } = readCredentials(this.files.pgData);
    return `postgresql://${DATABASE_USER}:${password}@127.0.0.1:${this.port}/${database}`;
  }
}
