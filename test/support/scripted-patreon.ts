import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export interface ScriptedAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** Objects are sent as JSON:API, text as a page, bytes as they are. */
  body?: unknown;
  /** Break the connection or never answer, instead of answering. */
  fault?: 'reset' | 'hang' | 'hang-after-headers';
}

export interface RecordedRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  rawUrl: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface ScriptedPatreon {
  url: string;
  requests: RecordedRequest[];
  /** Answers for the coming requests, in order; a request without one left is answered 599. */
  answer(...answers: ScriptedAnswer[]): void;
  close(): Promise<void>;
}

/** A server that gives the answers it was told to give, whatever is asked. */
export async function startScriptedPatreon(): Promise<ScriptedPatreon> {
  const queue: ScriptedAnswer[] = [];
  const requests: RecordedRequest[] = [];
  const server = createServer((request, response) => {
    void record(request).then((recorded) => {
      requests.push(recorded);
      give(queue.shift() ?? { status: 599, body: { errors: [{ detail: 'nothing scripted' }] } }, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (...answers) => void queue.push(...answers),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** One of the sample answers, parsed anew for every call. */
export function sample<T = Record<string, unknown>>(name: string): T {
  return JSON.parse(readFileSync(join(__dirname, '../fixtures/patreon', `${name}.json`), 'utf8')) as T;
}

async function record(request: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const rawUrl = request.url ?? '/';
  const url = new URL(rawUrl, 'http://127.0.0.1');
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    rawUrl,
    headers: request.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

function give({ status = 200, headers = {}, body, fault }: ScriptedAnswer, response: ServerResponse): void {
  if (fault === 'hang') return;
  if (fault === 'reset') {
    response.socket?.destroy();
    return;
  }
  if (Buffer.isBuffer(body)) {
    response.writeHead(status, headers).end(body);
    return;
  }
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/html; charset=UTF-8' : 'application/vnd.api+json';
  response.writeHead(status, { 'content-type': type, ...headers });
  if (fault === 'hang-after-headers') response.write(text.slice(0, 10));
  else response.end(text);
}
