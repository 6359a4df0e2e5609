import { once } from 'node:events';
import type { Response } from 'express';

/** Where a file goes while it is written. */
export interface DownloadStream {
  /** Resolves when there is room for more; rejects once nobody takes it any more. */
  write(text: string | Uint8Array): Promise<void>;
  /** Aborts when the client goes away, or takes nothing any more. */
  signal: AbortSignal;
}

export interface DownloadOptions {
  /** ASCII. */
  filename: string;
  /** Media type. */
  type: string;
  /** How long a client may take nothing at all: it may be gone without a word, and what is written holds a place for others. */
  patienceMs?: number;
}

const PATIENCE_MS = 60_000;

/**
 * Streams a file as an attachment. Nothing is sent before the first text, so that what fails earlier can be answered with a
 * page; what fails later cuts the connection, for half a file must not look whole. @throws what `produce` throws, unless
 * nobody waits for it any more
 */
export async function sendDownload(
  res: Response,
  { filename, type, patienceMs = PATIENCE_MS }: DownloadOptions,
  produce: (stream: DownloadStream) => Promise<void>,
): Promise<void> {
  const left = new AbortController();
  res.once('close', () => left.abort());
  const { signal } = left;
  const write = async (text: string | Uint8Array) => {
    signal.throwIfAborted();
    if (!res.headersSent) res.attachment(filename).type(type);
    if (res.write(text)) return;
    const stalled = setTimeout(() => left.abort(), patienceMs);
    await once(res, 'drain', { signal }).finally(() => clearTimeout(stalled));
  };
  try {
    await produce({ write, signal });
  } catch (error) {
    const isLeft = signal.aborted;
    if (res.headersSent || isLeft) res.destroy();
    if (isLeft) return;
    throw error;
  }
  res.end();
}
