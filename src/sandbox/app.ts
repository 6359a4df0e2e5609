import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { answerError } from './answer';
import { apiRouter } from './api';
import { notFound } from './api-error';
import { controlRouter } from './control';
import { imagesRouter } from './images';
import { consentRouter, tokenRouter } from './oauth';
import { bearerOf } from './request-log';
import type { SandboxResponse, SandboxState } from './state';
import { strike } from './strike';

/** The sandbox as an Express application: control addresses, images, consent page, token endpoint and API. */
export function createSandboxApp(state: SandboxState): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use('/_sandbox', controlRouter(state));
  app.use((request, response: SandboxResponse, next) => record(state, request, response, next));
  app.use((request, response: SandboxResponse, next) => strike(state, request, response, next));
  app.use(imagesRouter(state));
  app.use(consentRouter(state));
  app.use(tokenRouter(state));
  app.use('/api/oauth2/v2', apiRouter(state));
  app.use('/api', () => {
    throw notFound();
  });
  app.use(answerError);
  app.use(answerUnexpected);
  return app;
}

function record(state: SandboxState, request: Request, response: SandboxResponse, next: NextFunction): void {
  const started = performance.now();
  const entry = state.requests.open(request, state.clock.now());
  const bearer = bearerOf(request);
  const sender = bearer === undefined ? undefined : state.grants.authenticate(bearer);
  const { path } = request;
  Object.assign(response.locals, { entry, sender, answers: state.answers });
  state.report.arrive(path, sender, entry.violations);
  response.once('close', () => {
    entry.status = response.writableFinished ? response.statusCode : 0;
    entry.ms = Math.round(performance.now() - started);
    const wait = response.locals.retryAfterSeconds ?? Number(response.get('retry-after'));
    state.report.leave(path, sender, entry.status, wait);
  });
  next();
}

function answerUnexpected(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  if (response.headersSent) {
    next(error);
    return;
  }
  if (status >= 500) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  response.status(status).json({ error: error instanceof Error ? error.message : 'unexpected' });
}
