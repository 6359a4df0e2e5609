import type { NextFunction, Request } from 'express';
import { JSON_API, sendEdgePage } from './answer';
import { waitWhileOpen } from './delivery';
import { type Fault, faultError } from './faults';
import { applyMutations } from './mutations';
import type { SandboxResponse, SandboxState } from './state';
import type { Visit } from './strikes';

/**
 * Lets what was asked for strike this request: latency, a fault, and the changes before and after the answer. Some
 * faults only change the answer and are dealt with further on.
 */
export async function strike(state: SandboxState, request: Request, response: SandboxResponse, next: NextFunction) {
  const visit = visitOf(state, request);
  const { latencyMs } = state.settings;
  if (latencyMs > 0 && visit.path.startsWith('/api/') && !(await waitWhileOpen(response, latencyMs))) return;
  const fault = state.faults.takeFirst(visit);
  if (fault !== undefined && !(await passes(state, fault, request, response))) return;
  applyMutations(state, 'before', visit);
  next();
  // The handlers of the API work without a pause, so a good answer has been worked out by now; a refusal comes later.
  if (response.locals.answeredStatus === 200) applyMutations(state, 'after', visit);
}

function visitOf({ cursors }: SandboxState, { method, path, originalUrl }: Request): Visit {
  const cursor = new URLSearchParams(originalUrl.split('?')[1] ?? '').get('page[cursor]');
  return { method, path, page: cursors.pageOf(cursor) };
}

/** Whether the request goes on to its handler. Throws the error document of a fault that consists in one. */
async function passes(
  state: SandboxState,
  fault: Fault,
  request: Request,
  response: SandboxResponse,
): Promise<boolean> {
  response.locals.fault = fault;
  response.locals.entry.fault = fault.kind;
  state.report.fault(fault.kind);
  if (fault.retry_after_header !== undefined) response.set('retry-after', String(fault.retry_after_header));
  const { sender } = response.locals;
  if (fault.kind === 'revoked-token' && sender !== undefined) state.grants.revokeGrant(sender.grant);
  const error = faultError(fault, request.path);
  if (error !== undefined) throw error;
  if (fault.kind === 'slow') return waitWhileOpen(response, fault.delay_ms ?? 1000);
  return !(await isAnswered(fault, request, response));
}

async function isAnswered({ kind }: Fault, request: Request, response: SandboxResponse): Promise<boolean> {
  switch (kind) {
    case 'html':
      sendEdgePage(response);
      return true;
    case 'html-200':
      sendEdgePage(response, 200);
      return true;
    case 'empty':
      response.status(200).setHeader('content-type', JSON_API);
      response.end();
      return true;
    case 'disconnect':
      request.socket.destroy();
      return true;
    case 'silence':
      await waitWhileOpen(response);
      return true;
    default:
      return false;
  }
}
