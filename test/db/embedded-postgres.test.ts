import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { acquireEmbeddedPostgres } from '../../src/db/embedded-postgres';

jest.setTimeout(60_000);

describe('the embedded PostgreSQL', () => {
  let dataDir: string;
  const holders: ChildProcessWithoutNullStreams[] = [];
  const acquire = (dir = dataDir) => acquireEmbeddedPostgres({ dataDir: dir, durable: false });

  // mkdtemp makes a directory of mode 0700: as root this is the case that the server's user cannot enter it.
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'patrondesk-embedded-'));
    await (await acquire()).release();
  });

  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  afterEach(async () => {
    for (const holder of holders.splice(0)) holder.kill('SIGKILL');
    await (await acquire()).release();
  });

  async function startHolder(dir = dataDir): Promise<{ url: string; process: ChildProcessWithoutNullStreams }> {
    const holder = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'hold-embedded-postgres.ts'), dir]);
    holders.push(holder);
    const [line] = await Promise.race([
      once(holder.stdout, 'data'),
      once(holder, 'exit').then(() => Promise.reject(new Error(String(holder.stderr.read())))),
    ]);
    return { url: String(line).trim(), process: holder };
  }

  const postmasterFile = (dir = dataDir) => join(dir, 'postgres', 'postmaster.pid');
  const postmaster = () => Number(readFileSync(postmasterFile(), 'utf8').split('\n')[0]);

  it('stores Unicode, sorts names as people do, and sees letters of every script in a search', async () => {
    const { url, release } = await acquire();
    const [row] = await query(
      url,
      `select (select string_agg(name, ' ' order by name) from unnest(array['b', 'B', 'ä', 'Z', 'a']) name) as sorted,
              lower('ÄЖ') as lower, current_setting('server_encoding') as encoding`,
    );
    await query(url, 'create extension if not exists pg_trgm');
    const [trigrams] = await query(url, "select cardinality(show_trgm('Жизнь')) as count");
    expect(row).toEqual({ sorted: 'a ä b B Z', lower: 'äж', encoding: 'UTF8' });
    expect(trigrams).toEqual({ count: 6 });
    await release();
  });

  it('listens on the loopback address only and refuses a wrong password', async () => {
    const { url, release } = await acquire();
    expect(await query(url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    const wrong = new URL(url);
    wrong.password = 'guess';
    await expect(query(wrong.toString(), 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(dataDir, 'postgres', 'patrondesk-connection.json')).mode & 0o777).toBe(0o600);
    await release();
  });

  it('keeps what was stored, and its address, over a stop and a start', async () => {
    const first = await acquire();
    await query(first.url, 'create table if not exists kept (word text)');
    await query(first.url, "insert into kept values ('still here')");
    await first.release();
    expect(existsSync(postmasterFile())).toBe(false);

    const second = await acquire();
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'select word from kept')).toEqual([{ word: 'still here' }]);
    await second.release();
  });

  it('is stopped by the last of several users only', async () => {
    const other = await startHolder();
    const mine = await acquire();
    expect(mine.url).toBe(other.url);
    await mine.release();
    expect(await query(other.url, 'select 1 as one')).toEqual([{ one: 1 }]);

    other.process.stdin.write('release\n');
    await once(other.process, 'exit');
    expect(existsSync(postmasterFile())).toBe(false);
  });

  it('keeps running for a client that only has its address', async () => {
    const { url, release } = await acquire();
    const guest = new Client({ connectionString: url });
    await guest.connect();
    await release();
    expect((await guest.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await guest.end();
  });

  it('is taken over when the process that started it was killed', async () => {
    const { url, process: holder } = await startHolder();
    const pid = postmaster();
    holder.kill('SIGKILL');
    await once(holder, 'exit');

    const mine = await acquire();
    expect(mine.url).toBe(url);
    expect(postmaster()).toBe(pid);
    await mine.release();
    expect(existsSync(postmasterFile())).toBe(false);
  });

  it('recovers when the server and the process that used it were killed', async () => {
    const { process: holder } = await startHolder();
    holder.kill('SIGKILL');
    process.kill(postmaster(), 'SIGKILL');
    const { url, release } = await acquire();
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await release();
  });

  it('comes back at the same address when it is killed under a running program', async () => {
    const { url, release } = await acquire();
    const killed = postmaster();
    process.kill(killed, 'SIGKILL');
    expect(await eventually(() => query(url, 'select 1 as one'))).toEqual([{ one: 1 }]);
    expect(postmaster()).not.toBe(killed);
    await release();
  });

  it("starts although a stale file names another program's process", async () => {
    writeFileSync(
      postmasterFile(),
      `${process.ppid}\n${join(dataDir, 'postgres')}\n1\n40001\n\n127.0.0.1\n  1 1\nready   \n`,
    );
    const { url, release } = await acquire();
    expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await release();
  });

  it('gets past the lock file of a process that died', async () => {
    writeFileSync(
      join(dataDir, 'postgres.lock'),
      JSON.stringify({ pid: process.ppid, identity: 'of an earlier process' }),
    );
    await (await acquire()).release();
    expect(existsSync(join(dataDir, 'postgres.lock'))).toBe(false);
  });

  it('gives a copied data directory a server of its own', async () => {
    const original = await acquire();
    const copy = `${dataDir}-copy`;
    cpSync(dataDir, copy, { recursive: true });
    try {
      const copied = await acquire(copy);
      expect(new URL(copied.url).port).not.toBe(new URL(original.url).port);
      await copied.release();
    } finally {
      rmSync(copy, { recursive: true, force: true });
      await original.release();
    }
  });

  it('is made once when two processes start for the first time together', async () => {
    const fresh = mkdtempSync(join(tmpdir(), 'patrondesk-embedded-'));
    try {
      const [first, second] = await Promise.all([startHolder(fresh), startHolder(fresh)]);
      expect(first.url).toBe(second.url);
      for (const { process: holder } of [first, second]) {
        holder.stdin.write('release\n');
        await once(holder, 'exit');
      }
      expect(existsSync(postmasterFile(fresh))).toBe(false);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  });

  it('says what to do about a data directory of another PostgreSQL version', async () => {
    const version = join(dataDir, 'postgres', 'PG_VERSION');
    const current = readFileSync(version);
    writeFileSync(version, '17\n');
    await expect(acquire()).rejects.toThrow(/made by PostgreSQL 17.*set DATABASE_URL/);
    writeFileSync(version, current);
  });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(100);
    }
  }
}
