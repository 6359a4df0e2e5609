import { jobCatalogue } from './catalogue';
import { ConfigError, loadConfig } from './config';
import { createContext } from './context';
import { startWorker } from './jobs/worker';
import { runUntilStopped } from './process';

/** Door 2: jobs and schedule alone, for deployments that run the web with WORKER=off. */
async function main(): Promise<void> {
  const context = await createContext(loadConfig());
  const worker = await startWorker(context, jobCatalogue);
  context.log.info('working');
  runUntilStopped(context.log, async () => {
    await worker.stop();
    await context.close();
  });
}

main().catch((error) => {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(error instanceof ConfigError ? 2 : 1);
});
