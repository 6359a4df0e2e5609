import { randomUUID } from 'node:crypto';
import type { NextFunction, Request } from 'express';
import { ApiError } from './api-error';
import { deliver } from './delivery';
import type { SandboxResponse } from './state';

/** The headers that stand on every answer of the API; none of them tells how many requests are left. */
const edgeHeaders = (): Record<string, string> => ({
  'cache-control': 'private',
  server: 'cloudflare',
  'cf-ray': `${randomUUID().replaceAll('-', '').slice(0, 16)}-FRA`,
  'cf-cache-status': 'DYNAMIC',
});

const originHeaders = (): Record<string, string> => ({
  'x-patreon-uuid': randomUUID(),
  'x-patreon-sha': '0'.repeat(40),
  'x-envoy-upstream-service-time': '1',
  'strict-transport-security': 'max-age=2592000',
});

export const JSON_API = 'application/vnd.api+json';

export function sendJson(response: SandboxResponse, status: number, body: unknown, type: string = JSON_API): void {
  const text = Buffer.from(JSON.stringify(body));
  response.status(status).set({ ...edgeHeaders(), ...originHeaders() });
  response.setHeader('content-type', type);
  response.setHeader('content-length', text.length);
  response.locals.answeredStatus = status;
  deliver(response, text);
}

/** What the edge answers in Patreon's place: a page, not JSON. */
export function sendEdgePage(response: SandboxResponse, status = 403): void {
  response.status(status).set({ ...edgeHeaders(), 'content-type': 'text/html; charset=UTF-8' });
  response.end('<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>challenge page</body></html>');
}

/** Turns what a handler threw into Patreon's error document. */
export function answerError(error: unknown, _request: Request, response: SandboxResponse, next: NextFunction): void {
  if (!(error instanceof ApiError) || response.headersSent) {
    next(error);
    return;
  }
  response.locals.retryAfterSeconds = error.retryAfterSeconds;
  sendJson(response, error.status, error.document);
}
