import { randomBytes } from 'node:crypto';
import { type Config, loadConfig } from '../config';
import { type Context, createContext } from '../context';
import { createLogger } from '../logger';

/** Settings of a process that is only measured: nothing of this machine's, secrets of its own. */
export function benchConfig(databaseUrl: string, settings: NodeJS.ProcessEnv = {}): Config {
  return loadConfig({
    DATABASE_URL: databaseUrl,
    SESSION_SECRET: randomBytes(32).toString('hex'),
    ENCRYPTION_KEYS: `bench:${randomBytes(32).toString('base64')}`,
    LOG_LEVEL: 'error',
    ...settings,
  });
}

export async function withBenchContext<T>(config: Config, work: (context: Context) => Promise<T>): Promise<T> {
  const context = await createContext(config, { log: createLogger({ level: config.logLevel, pretty: false }) });
  return work(context).finally(() => context.close());
}
