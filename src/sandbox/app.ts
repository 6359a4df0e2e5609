import { setTimeout as delay } from 'node:timers/promises';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { answerError, JSON_API, sendEdgePage } from './answer';
import { apiRouter } from './api';
import { notFound } from './api-error';
import { controlRouter } from './control';
import { type Fault, faultError } from './faults';
import { imagesRouter } from './images';
import { consentRouter, tokenRouter } from './oauth';
import type { SandboxResponse, SandboxState } from './state';

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
  response.locals.entry = entry;
  response.once('close', () => {
    entry.status = response.statusCode;
    entry.ms = Math.round(performance.now() - started);
  });
  next();
}

/** Lets a fault that was asked for strike this request. Some only change the answer and are dealt with further on. */
async function strike(state: SandboxState, request: Request, response: SandboxResponse, next: NextFunction) {
  const cursor = new URLSearchParams(request.originalUrl.split('?')[1] ?? '').get('page[cursor]');
  const fault = state.faults.take(request.method, request.path, state.cursors.pageOf(cursor));
  if (fault === undefined) {
    next();
    return;
  }
  response.locals.fault = fault;
  response.locals.entry.fault = fault.kind;
  const error = faultError(fault);
  if (error !== undefined) throw error;
  if (fault.kind === 'slow') await delay(fault.delay_ms ?? 1000);
  if (!isAnswered(fault, request, response)) next();
}

function isAnswered(fault: Fault, request: Request, response: SandboxResponse): boolean {
  switch (fault.kind) {
    case 'html':
      sendEdgePage(response);
      return true;
    case 'empty':
      response.status(200).setHeader('content-type', JSON_API);
      response.end();
      return true;
    case 'disconnect':
      request.socket.destroy();
      return true;
    default:
      return false;
  }
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
