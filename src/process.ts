import { ConfigError } from './config';
import { type Logger, scrub } from './logger';

const HARD_STOP_MS = 25_000;

/** SIGTERM and SIGINT (several may arrive) stop the process once, in order; after 25 s it ends whatever still runs. */
export function runUntilStopped(log: Logger, stop: () => Promise<void>): void {
  let stopping = false;
  const begin = (reason: string, exitCode: number) => {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'stopping');
    setTimeout(() => process.exit(1), HARD_STOP_MS).unref();
    stop().then(
      () => process.exit(exitCode),
      (err) => {
        log.error({ err }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => begin('SIGTERM', 0));
  process.on('SIGINT', () => begin('SIGINT', 0));
  process.on('uncaughtException', (err) => {
    log.fatal({ err }, 'uncaught exception');
    begin('uncaught exception', 1);
  });
  process.on('unhandledRejection', (err) => {
    log.fatal({ err }, 'unhandled rejection');
    begin('unhandled rejection', 1);
  });
}

/** For a door that could not be opened: plain words for what the operator can mend, the stack for what is ours. */
export function exitWith(error: unknown): void {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (error instanceof ConfigError) console.error(error.message);
  else if (code === 'EADDRINUSE')
    console.error(`Port ${port} is taken by another program. Stop it, or set PORT to a free one.`);
  else console.error(scrub(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  process.exit(error instanceof ConfigError ? 2 : 1);
}
