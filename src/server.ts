import { loadConfig } from './config';
import { loggerFor, withContext } from './context';
import { exitWith, runUntilStopped } from './process';
import { serve } from './serve';
import { prepareDatabase, startUp } from './start-up';

/** Door 1: HTTP. */
async function main(): Promise<void> {
  const config = loadConfig();
  const log = loggerFor(config);
  await runUntilStopped(log, () =>
    withContext(config, { log }, async (context) => {
      await prepareDatabase(context);
      const serving = await serve(context);
      await startUp(context);
      process.stdout.write(`\n  Patrondesk is at ${config.http.publicUrl}/patreon/\n\n`);
      return serving.stop;
    }),
  );
}

main().catch(exitWith);
