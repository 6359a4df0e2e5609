import { runSync } from '../../src/apps/sync/run-sync';
import { createContext } from '../../src/context';
import { armFailPoints } from '../../src/lib/fail-points';
import { createLogger } from '../../src/logger';
import { serveTrial, trialConfig } from './trial-processes';

export interface SyncOrder {
  sandboxUrl: string;
  runId: number;
  /** Where this process ends; empty for nowhere. */
  failPoints: string;
}

serveTrial<SyncOrder, string>(async (settings) => async ({ sandboxUrl, runId, failPoints }) => {
  const config = trialConfig({ ...settings, sandboxUrl });
  const context = await createContext(config, { log: createLogger({ level: 'silent', pretty: false }) });
  armFailPoints(failPoints);
  return runSync(context, runId, new AbortController().signal);
});
