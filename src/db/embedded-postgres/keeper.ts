import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

const NAME = 'patrondesk keeper';
const FAREWELL_MS = 1_000;

/**
 * One open connection that says "this process uses the embedded server". PostgreSQL itself forgets it when the process
 * dies in whatever way, so nobody is counted who is no longer there. It does not keep the process alive.
 */
export interface Keeper {
  /** Whether any other client is connected. Ours that are just closing get a moment to be gone. */
  hasCompany(): Promise<boolean>;
  end(): Promise<void>;
}

export async function openKeeper(url: string, onLost: () => void): Promise<Keeper> {
  const client = new Client({
    connectionString: url,
    application_name: NAME,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  let ended = false;
  client.on('error', () => undefined);
  await client.connect();
  client.on('end', () => {
    if (!ended) onLost();
  });
  detach(client);
  return {
    hasCompany: () => hasCompany(client),
    async end() {
      ended = true;
      await client.end();
    },
  };
}

/** pg's own ref() and unref(), which its types leave out. */
function detach(client: Client, attach = false): void {
  const socket = client as unknown as { ref(): void; unref(): void };
  if (attach) socket.ref();
  else socket.unref();
}

async function hasCompany(client: Client): Promise<boolean> {
  detach(client, true);
  const deadline = Date.now() + FAREWELL_MS;
  for (;;) {
    const { keepers, others } = await countClients(client);
    if (others === 0) return false;
    if (keepers > 0 || Date.now() > deadline) return true;
    await sleep(30);
  }
}

async function countClients(client: Client): Promise<{ keepers: number; others: number }> {
  const { rows } = await client.query<{ keepers: number; others: number }>(
    `select count(*) filter (where application_name = $1)::int as keepers, count(*)::int as others
       from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    [NAME],
  );
  return rows[0] ?? { keepers: 0, others: 0 };
}
