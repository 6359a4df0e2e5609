import { once } from 'node:events';
import type { Response } from 'express';

/** Where a file goes while it is written. */
export interface DownloadStream {
  /** Resolves when there is room for more; rejects once nobody takes it any more. */
  write(text: string): Promise<void>;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
}

export interface DownloadOptions {
  /** ASCII. */
  filename: string;
  /** Media type. */
  type: string;
}

/**
 * Streams a file as an attachment. Nothing is sent before the first text, so that what fails earlier can be answered with a
 * page; what fails later cuts the connection, for half a file must not look whole. @throws what `produce` throws, unless
 * nobody waits for it any more
 */
export async function sendDownload(
  res: Response,
  { filename, type }: DownloadOptions,
  produce: (stream: DownloadStream) => Promise<void>,
): Promise<void> {
  const left = new AbortController();
  res.once('close', () => left.abort());
  const { signal } = left;
  const write = async (text: string) => {
    signal.throwIfAborted();
    if (!res.headersSent) res.attachment(filename).type(type);
    if (!res.write(text)) await once(res, 'drain', { signal });
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
