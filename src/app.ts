import { randomUUID } from 'node:crypto';
import express, { type Express } from 'express';
import pinoHttp from 'pino-http';
import { currentStaff } from './apps/accounts/current-staff';
import { deniedRequests } from './apps/accounts/denied-requests';
import { PICTURE_UPLOAD } from './apps/posts/picture-upload';
import type { Context } from './context';
import { NotFoundError } from './errors';
import { plainRequests, trailingSlash } from './http/addresses';
import { routePolicies } from './http/allow';
import { compressedAnswers } from './http/compression';
import { csrfProtection, csrfToken } from './http/csrf';
import { errorHandler } from './http/error-handler';
import { healthRoutes } from './http/health.routes';
import { viewRenderer } from './http/render';
import { language, requestFlash } from './http/request-language';
import { secureTransport } from './http/secure-transport';
import { securityHeaders } from './http/security-headers';
import { createSessions } from './http/session';
import { uploads } from './http/uploads';
import { projectPath } from './lib/project-path';
import { pathToKeep } from './logger';
import { catalogue } from './messages';
import { mountRoutes } from './routes';

export interface App {
  express: Express;
  /** Not ready any more: the platform sends nothing new while requests under way are finished. */
  drain(): void;
  close(): Promise<void>;
}

const REQUEST_ID = /^[\w-]{20,200}$/;

/** The whole application, in the order in which a request meets it. @throws when a route has no policy. */
export function createApp(context: Context): App {
  const { config, log } = context;
  const app = express();
  const state = { draining: false };
  const sessions = createSessions(config, context.databaseUrl, log);

  app.disable('x-powered-by');
  app.set('trust proxy', config.http.trustProxy);
  app.set('query parser', 'simple');

  app.use((req, res, next) => {
    const given = req.get('x-request-id');
    req.requestId = given && REQUEST_ID.test(given) ? given : randomUUID();
    res.set('X-Request-Id', req.requestId);
    req.staff = null;
    if (state.draining) res.set('Connection', 'close');
    next();
  });
  app.use(
    pinoHttp({
      logger: log,
      quietReqLogger: true,
      genReqId: (req) => (req as unknown as express.Request).requestId,
      serializers: {
        req: (req) => ({ id: req.id, method: req.method, path: pathToKeep(String(req.url)) }),
        res: (res) => ({ status: res.statusCode }),
      },
      customLogLevel: (_req, res, error) =>
        error || res.statusCode >= 500 ? 'error' : res.statusCode >= 400 ? 'warn' : 'info',
      autoLogging: { ignore: (req) => /^\/(healthz|readyz|css|js|vendor)\b/.test(req.url ?? '') },
    }),
  );
  app.use(compressedAnswers());
  app.use(securityHeaders(config.production));
  app.use(language(catalogue));
  app.use(viewRenderer({ cache: !config.fromSources, csrfToken }));
  app.use(
    express.static(projectPath('public'), {
      index: false,
      redirect: false,
      maxAge: config.production ? '1y' : 0,
      immutable: config.production,
    }),
  );
  app.use(plainRequests);
  app.use(healthRoutes(context, state));
  app.use(secureTransport(config, log));
  app.use(trailingSlash);
  app.use((_req, res, next) => {
    res.set('Cache-Control', 'no-store');
    next();
  });
  // A post of 100,000 characters, each of which may take nine characters in a form.
  app.use(express.urlencoded({ extended: false, limit: '1mb', parameterLimit: 200 }));
  app.use(sessions.middleware);
  app.use(requestFlash);
  app.use(currentStaff(context));
  app.use(language(catalogue));
  app.use(uploads([PICTURE_UPLOAD]));
  app.use(csrfProtection(config.http.publicUrl, config.production));
  mountRoutes(app, context);
  app.use((_req, _res, next) => next(new NotFoundError()));
  app.use(deniedRequests(context));
  app.use(errorHandler(log));

  routePolicies(app);
  return {
    express: app,
    drain() {
      state.draining = true;
    },
    close: () => sessions.close(),
  };
}
