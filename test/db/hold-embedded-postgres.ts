import { acquireEmbeddedPostgres } from '../../src/db/embedded-postgres';

// A process that uses the embedded server until it is told (by a line on standard input) to release it, or killed.
async function main(dataDir: string): Promise<void> {
  const { url, release } = await acquireEmbeddedPostgres({ dataDir, durable: false });
  process.stdout.write(`${url}\n`);
  process.stdin.once('data', async () => {
    await release();
    process.exit(0);
  });
}

void main(process.argv[2] as string);
