import { isObject } from './is-object';

export interface HttpAnswer {
  status: number;
  headers: Headers;
  /** Decoded each time it is asked for. */
  readonly body: string;
  /** The body as it came. */
  bytes: Uint8Array;
}

export type TransportFailureReason = 'timeout' | 'cancelled' | 'network' | 'too_large';

/** No usable answer arrived. `neverSent` is true when the server certainly did not see the request. */
export class TransportFailure extends Error {
  readonly reason: TransportFailureReason;
  readonly neverSent: boolean;

  constructor(reason: TransportFailureReason, detail: string, neverSent = false) {
    super(detail);
    this.name = 'TransportFailure';
    this.reason = reason;
    this.neverSent = neverSent;
  }
}

export interface HttpRequest {
  fetch: typeof fetch;
  url: URL;
  init: RequestInit;
  /** Deadline for the whole exchange, body included. */
  timeoutMs: number;
  /** Cap on the decoded body, so that a compressed bomb counts at its full size. */
  maxBytes: number;
  signal?: AbortSignal;
}

const NEVER_SENT_CODES = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/**
 * One HTTP exchange with a deadline and a body cap. Redirects are handed back as they are, never followed: a token must
 * not travel to another host. Throws TransportFailure.
 */
export async function sendRequest(request: HttpRequest): Promise<HttpAnswer> {
  const { signal, timeoutMs } = request;
  if (signal?.aborted) throw new TransportFailure('cancelled', 'cancelled before it was sent', true);
  const controller = new AbortController();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, timeoutMs);
  const cancel = () => controller.abort();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const init: RequestInit = { ...request.init, redirect: 'manual', signal: controller.signal };
    const response = await request.fetch(request.url, init);
    const bytes = await readBody(response, request.maxBytes);
    return {
      status: response.status,
      headers: response.headers,
      bytes,
      get body() {
        return new TextDecoder().decode(bytes);
      },
    };
  } catch (error) {
    if (error instanceof TransportFailure) throw error;
    if (signal?.aborted) throw new TransportFailure('cancelled', 'cancelled while waiting for the answer');
    if (timedOut) throw new TransportFailure('timeout', `no complete answer within ${timeoutMs} ms`);
    throw networkFailure(error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
  }
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early cancels the stream, which closes the connection.
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new TransportFailure('too_large', `answer exceeds ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
}

/** `fetch` reports every failure as a TypeError and puts what happened into its cause. */
function networkFailure(error: unknown): TransportFailure {
  const cause = isObject(error) ? error.cause : undefined;
  const code = [error, cause].map(errorCode).find((known) => known !== undefined);
  return new TransportFailure('network', code ?? 'connection failed', code !== undefined && NEVER_SENT_CODES.has(code));
}

function errorCode(error: unknown): string | undefined {
  return isObject(error) && typeof error.code === 'string' ? error.code : undefined;
}
