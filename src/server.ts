import { loadConfig } from './config';
import { createContext } from './context';
import { exitWith, runUntilStopped } from './process';
import { serve } from './serve';
import { prepareDatabase, startUp } from './start-up';

/** Door 1: HTTP. */
async function main(): Promise<void> {
  const config = loadConfig();
  const context = await createContext(config);
  await prepareDatabase(context);
  const serving = await serve(context);
  await startUp(context);
  process.stdout.write(`\n  Patrondesk is at ${config.http.publicUrl}/patreon/\n\n`);
  runUntilStopped(context.log, async () => {
    await serving.stop();
    await context.close();
  });
}

main().catch(exitWith);
