import { acquireEmbeddedPostgres } from './embedded-postgres';

export interface ResolvedDatabase {
  url: string;
  embedded: boolean;
  /** To be called after the program's own connections are closed; stops an embedded server that nobody else uses. */
  release(): Promise<void>;
}

/** The configured database, else the embedded one below `dataDir`. */
export async function resolveDatabase(
  config: { databaseUrl?: string | undefined; dataDir: string },
  log?: (message: string) => void,
): Promise<ResolvedDatabase> {
  if (config.databaseUrl) return { url: config.databaseUrl, embedded: false, release: async () => undefined };
  const embedded = await acquireEmbeddedPostgres({ dataDir: config.dataDir, ...(log && { log }) });
  return { ...embedded, embedded: true };
}
