import connectPgSimple from 'connect-pg-simple';
import type { RequestHandler } from 'express';
import session from 'express-session';
import { Pool } from 'pg';
import type { Config } from '../config';
import { connectionSettings } from '../db/connection';
import type { Logger } from '../logger';
import { storedBeforeAnswer } from './session-change';

const IDLE_SECONDS = 30 * 60;

export interface SessionStore {
  middleware: RequestHandler[];
  close(): Promise<void>;
}

/** Sessions in PostgreSQL over a small pool of their own, so that a busy main pool cannot sign people out. */
export function createSessions(config: Config, databaseUrl: string, log: Logger): SessionStore {
  const pool = new Pool({
    ...connectionSettings(databaseUrl),
    max: 3,
    connectionTimeoutMillis: 2_000,
    application_name: 'patrondesk sessions',
    // The store's column has no time zone and its times are PostgreSQL's local ones: ours is UTC, whatever the server's is.
    options: '-c timezone=UTC',
  });
  pool.on('error', (err) => log.warn({ err }, 'a session connection was lost'));
  const Store = connectPgSimple(session);
  const store = new Store({
    pool,
    tableName: 'sessions',
    createTableIfMissing: false,
    pruneSessionInterval: 15 * 60,
    errorLog: (...args: unknown[]) => log.warn({ err: args[args.length - 1] }, 'session store'),
  });
  const https = config.http.publicUrl.startsWith('https:');
  return {
    middleware: [
      session({
        store,
        name: https ? '__Host-sid' : 'sid',
        secret: config.secrets.session,
        resave: false,
        saveUninitialized: false,
        rolling: true,
        cookie: { httpOnly: true, secure: https, sameSite: 'lax', path: '/', maxAge: IDLE_SECONDS * 1000 },
      }),
      storedBeforeAnswer,
    ],
    async close() {
      await store.close();
      await pool.end();
    },
  };
}
