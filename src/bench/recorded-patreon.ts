import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { chargeOneInAHundred } from './charged-members';
import { answerParent } from './measured-process';

interface Recorded {
  path: string;
  isMembers: boolean;
  bytes: number;
}

/**
 * Answers what a sandbox answered to the same address before, from disk: all that are measured get the same bytes, and
 * none of them waits for the sandbox to make up its people.
 */
class RecordedPatreon {
  private readonly folder = mkdtempSync(join(tmpdir(), 'patrondesk-bench-'));
  private readonly recorded = new Map<string, Recorded>();
  private misses = 0;

  constructor(private readonly origin: string) {
    process.once('exit', () => rmSync(this.folder, { recursive: true, force: true }));
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET') throw new Error(`${request.method} ${request.url}: only reading is recorded`);
    const address = request.url ?? '/';
    const known = this.recorded.get(address) ?? (await this.record(address, request.headers.authorization));
    response.writeHead(200, { 'content-type': 'application/vnd.api+json', 'content-length': known.bytes });
    await pipeline(createReadStream(known.path), response);
  }

  private async record(address: string, authorization = ''): Promise<Recorded> {
    const headers = { authorization, 'user-agent': 'Patrondesk bench' };
    const answer = await fetch(this.origin + address, { headers });
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    const body = Buffer.from(await answer.arrayBuffer());
    const path = join(this.folder, createHash('sha256').update(address).digest('hex'));
    await writeFile(path, body);
    const recorded = {
      path,
      isMembers: new URL(address, this.origin).pathname.endsWith('/members'),
      bytes: body.length,
    };
    this.recorded.set(address, recorded);
    this.misses += 1;
    return recorded;
  }

  /** How many requests had to be passed on since this was last asked. */
  takeMisses(): number {
    const { misses } = this;
    this.misses = 0;
    return misses;
  }

  /** From now on one member in a hundred is another one. Answers how many there are. */
  async change(): Promise<number> {
    const counted = { seen: 0, charged: 0 };
    for (const recorded of this.recorded.values()) {
      if (!recorded.isMembers) continue;
      const body = Buffer.from(chargeOneInAHundred(await readFile(recorded.path, 'utf8'), counted));
      await writeFile(recorded.path, body);
      recorded.bytes = body.length;
    }
    return counted.charged;
  }
}

/** The program that `startRecordedPatreon` starts. */
async function serve(origin: string): Promise<string> {
  const recorded = new RecordedPatreon(origin);
  const server = createServer((request, response) => {
    recorded.answer(request, response).catch((error: Error) => {
      process.stderr.write(`${error.message}\n`);
      if (!response.headersSent) response.writeHead(502);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  answerParent({ change: () => recorded.change(), takeMisses: async () => recorded.takeMisses() });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

answerParent({ serve: (origin) => serve(origin as string) });
