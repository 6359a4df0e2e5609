import { jobCatalogue } from './catalogue';
import { loadConfig } from './config';
import { loggerFor, withContext } from './context';
import { startWorker } from './jobs/worker';
import { exitWith, runUntilStopped } from './process';
import { prepareDatabase } from './start-up';

/** Door 2: jobs and schedule alone, for deployments that run the web with WORKER=off. */
async function main(): Promise<void> {
  const config = loadConfig();
  const log = loggerFor(config);
  await runUntilStopped(log, () =>
    withContext(config, { log }, async (context) => {
      await prepareDatabase(context);
      const worker = await startWorker(context, jobCatalogue);
      log.info('working');
      return worker.stop;
    }),
  );
}

main().catch(exitWith);
