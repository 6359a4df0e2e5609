import { createServer } from 'node:http';
import { createApp } from './app';
import { jobCatalogue } from './catalogue';
import { ConfigError, loadConfig } from './config';
import { createContext } from './context';
import { startUp } from './start-up';
import { startWorker } from './jobs/worker';
import { runUntilStopped } from './process';

/** Door 1: HTTP, and on one dyno (WORKER=inline) the jobs as well. */
async function main(): Promise<void> {
  const config = loadConfig();
  const context = await createContext(config);
  const { log } = context;
  const app = createApp(context);
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 15_000, keepAliveTimeout: 95_000 }, app.express);
  server.maxHeadersCount = 100;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.http.port, config.http.host, resolve);
  });
  await startUp(context);
  const worker = config.worker === 'inline' ? await startWorker(context, jobCatalogue) : null;
  log.info({ address: config.http.publicUrl }, 'listening');

  runUntilStopped(log, async () => {
    app.drain();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const idle = setInterval(() => server.closeIdleConnections(), 100);
    const cut = setTimeout(() => server.closeAllConnections(), 15_000);
    await Promise.all([closed, worker?.stop()]);
    clearInterval(idle);
    clearTimeout(cut);
    await app.close();
    await context.close();
  });
}

main().catch((error) => {
  const message = error instanceof ConfigError || (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? error.message : error;
  console.error(message);
  process.exit(error instanceof ConfigError ? 2 : 1);
});
