import { patreonClientFor } from '../../src/apps/connections/patreon-client.service';
import { accessToken } from '../../src/apps/connections/token.service';
import { createContext } from '../../src/context';
import { createLogger } from '../../src/logger';
import { serveTrial, trialConfig } from './trial-processes';

/** `token`: each caller asks for the token of a connection that is due. `read`: each reads with one that Patreon refuses. */
export interface CallOrder {
  calls: number;
  kind: 'token' | 'read';
}

export interface CallAnswer {
  succeeded: number;
  /** What the others met. */
  failures: string[];
}

serveTrial<CallOrder, CallAnswer>(async (settings) => {
  const config = trialConfig(settings);
  const context = await createContext(config, { log: createLogger({ level: config.logLevel, pretty: false }) });
  const { credentialId } = settings;
  const call = {
    token: () => accessToken(context, credentialId),
    read: async () => (await patreonClientFor(context, credentialId)).getIdentity(),
  };
  return async ({ calls, kind }) => {
    const results = await Promise.allSettled(Array.from({ length: calls }, (): Promise<unknown> => call[kind]()));
    const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => String(reason));
    return { succeeded: calls - failures.length, failures };
  };
});
