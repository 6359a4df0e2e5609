import { setTimeout as delay } from 'node:timers/promises';
import { SECOND } from './clock';
import type { SandboxResponse } from './state';

/** Waits, but no longer than somebody is there to be answered. Returns whether they still are. */
export async function waitWhileOpen(response: SandboxResponse, milliseconds?: number): Promise<boolean> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  response.once('close', leave);
  try {
    await delay(milliseconds ?? NEVER, undefined, { signal: gone.signal });
  } catch {
    return false;
  }
  response.off('close', leave);
  return true;
}

/** The longest time that a timer can wait. */
export const NEVER = 2_147_483_647;

/** Sends the body of an answer, in the manner of the fault that struck the request. */
export function deliver(response: SandboxResponse, body: Buffer): void {
  const { fault } = response.locals;
  const half = body.subarray(0, Math.floor(body.length / 2));
  switch (fault?.kind) {
    case 'truncated':
      response.removeHeader('content-length');
      response.end(half);
      break;
    case 'reset':
      response.write(half, () => response.socket?.resetAndDestroy());
      break;
    case 'slow-body':
      void drip(response, body, fault.bytes_per_second ?? 1024);
      break;
    case 'held-answer':
      hold(response, body, fault.delay_ms);
      break;
    default:
      response.end(body);
  }
}

async function drip(response: SandboxResponse, body: Buffer, bytesPerSecond: number): Promise<void> {
  const portion = Math.max(1, Math.floor(bytesPerSecond / 10));
  for (let sent = 0; sent < body.length; sent += portion) {
    response.write(body.subarray(sent, sent + portion));
    if (!(await waitWhileOpen(response, (portion * SECOND) / bytesPerSecond))) return;
  }
  response.end();
}

function hold(response: SandboxResponse, body: Buffer, delayMs: number | undefined): void {
  const { answers, entry } = response.locals;
  const release = answers.hold(entry.method, entry.path, () => response.end(body));
  // Whoever stops waiting takes the answer with them.
  void waitWhileOpen(response, delayMs).then(release);
}
