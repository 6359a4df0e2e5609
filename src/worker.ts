import { jobCatalogue } from './catalogue';
import { loadConfig } from './config';
import { createContext } from './context';
import { startWorker } from './jobs/worker';
import { exitWith, runUntilStopped } from './process';
import { prepareDatabase } from './start-up';

/** Door 2: jobs and schedule alone, for deployments that run the web with WORKER=off. */
async function main(): Promise<void> {
  const context = await createContext(loadConfig());
  await prepareDatabase(context);
  const worker = await startWorker(context, jobCatalogue);
  context.log.info('working');
  runUntilStopped(context.log, async () => {
    await worker.stop();
    await context.close();
  });
}

main().catch(exitWith);
