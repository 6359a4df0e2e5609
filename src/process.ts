import { ConfigError } from './config';
import { databaseFailure } from './db/database-failure';
import { AppError } from './errors';
import { type Logger, scrub } from './logger';

const HARD_STOP_MS = 25_000;

export type Stop = () => Promise<void>;

/**
 * Starts, and stops once and in order when SIGTERM or SIGINT asks for it (several may arrive); after 25 s it ends
 * whatever still runs. Signals count from the first moment: one that comes during the start stops what was started.
 */
export async function runUntilStopped(log: Logger, start: () => Promise<Stop>): Promise<void> {
  // Not before the signals are listened to.
  const started = Promise.resolve().then(start);
  let stopping = false;
  const begin = (reason: string, exitCode: number) => {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, 'stopping');
    setTimeout(() => process.exit(1), HARD_STOP_MS).unref();
    started
      .then((stop) => stop())
      .then(
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
  await started;
}

/** For a door that could not be opened: plain words for what the operator can mend, the stack for what is ours. */
export function exitWith(error: unknown): void {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    console.error(`Port ${port} is taken by another program. Stop it, or set PORT to a free one.`);
  else console.error(explain(error));
  process.exit(explained(error) instanceof ConfigError ? 2 : 1);
}

/** The error in the words for an operator where there are some. */
export function explained(error: unknown): unknown {
  return databaseFailure(error) ?? error;
}

export function explain(error: unknown): string {
  const told = explained(error);
  if (told instanceof AppError || told instanceof ConfigError) return told.message;
  return scrub(told instanceof Error ? (told.stack ?? told.message) : String(told));
}
