import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import express, { type Response } from 'express';
import { type DownloadStream, sendDownload } from '../../src/http/download';

const CHUNK = 'x'.repeat(1_000_000);

describe('a file that is sent while it is written', () => {
  let server: Server | undefined;
  afterEach(() => new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined))));

  /** Serves `produce` as a file and answers what became of it, once it is over. */
  function serve(produce: (stream: DownloadStream) => Promise<void>, patienceMs?: number) {
    const app = express();
    const over = new Promise<Response>((resolve) => {
      app.get('/', async (_req, res) => {
        const options = { filename: 'file.csv', type: 'text/csv', ...(patienceMs !== undefined && { patienceMs }) };
        await sendDownload(res, options, produce);
        resolve(res);
      });
    });
    const listening = createServer(app);
    server = listening;
    return new Promise<{ port: number; over: Promise<Response> }>((resolve) =>
      listening.listen(0, '127.0.0.1', () => resolve({ port: (listening.address() as AddressInfo).port, over })),
    );
  }

  /** Asks for the file and reads nothing of it. */
  const askWithoutReading = (port: number) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: panel\r\n\r\n'));
    socket.pause();
    return socket;
  };

  it('is given up when nobody takes anything of it for a while', async () => {
    let signal: AbortSignal | undefined;
    const { port, over } = await serve(async (stream) => {
      signal = stream.signal;
      for (;;) await stream.write(CHUNK);
    }, 50);
    const socket = askWithoutReading(port);
    const response = await over;
    expect([signal?.aborted, response.destroyed]).toEqual([true, true]);
    socket.destroy();
  });

  it('waits for a reader who pauses for less than that', async () => {
    const chunks = 20;
    const { port } = await serve(async (stream) => {
      for (let count = 0; count < chunks; count += 1) await stream.write(CHUNK);
    });
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    let length = 0;
    for await (const part of answer.body as AsyncIterable<Uint8Array>) {
      length += part.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(length).toBe(chunks * CHUNK.length);
  });
});
