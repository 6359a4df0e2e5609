import { createServer } from 'node:http';
import { createApp } from './app';
import { jobCatalogue } from './catalogue';
import type { Context } from './context';
import { startWorker } from './jobs/worker';

export interface Serving {
  /** Finishes what is under way, then closes everything but the context. */
  stop(): Promise<void>;
}

const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 15_000;
/** Longer than routers in front keep theirs, so that they never send on a connection we just closed. */
const KEEP_ALIVE_MS = 95_000;
const CUT_AFTER_MS = 15_000;
/** Far more than the staff of a page open; below what one process may have open files for, so that more are turned away instead of breaking it. */
const MOST_CONNECTIONS = 1_000;

/** Listens, and on one dyno (WORKER=inline) works through the jobs as well. */
export async function serve(context: Context): Promise<Serving> {
  const { config } = context;
  const app = createApp(context);
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS },
    app.express,
  );
  server.maxHeadersCount = 100;
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.http.port, config.http.host, resolve);
  });
  const worker = config.worker === 'inline' ? await startWorker(context, jobCatalogue) : null;
  return {
    async stop() {
      app.drain();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      const idle = setInterval(() => server.closeIdleConnections(), 100);
      const cut = setTimeout(() => server.closeAllConnections(), CUT_AFTER_MS);
      await Promise.all([closed, worker?.stop()]);
      clearInterval(idle);
      clearTimeout(cut);
      await app.close();
    },
  };
}
