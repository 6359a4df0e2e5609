import type { Express, RequestHandler } from 'express';
import { ForbiddenError, NotSignedInError } from '../errors';
import { may, type Permission } from '../policy';

const POLICY = Symbol('policy');
type Policy = Permission | 'public';
type PolicyHandler = RequestHandler & { [POLICY]?: Policy };

/** The first handler of every route: who may use it. `public` is said out loud, never assumed. */
export function allow(policy: Policy): RequestHandler {
  const handler: PolicyHandler = (req, _res, next) => {
    if (policy === 'public') return next();
    if (!req.staff) return next(new NotSignedInError());
    return next(may(req.staff.role, policy) ? undefined : new ForbiddenError());
  };
  handler[POLICY] = policy;
  return handler;
}

interface Layer {
  handle: PolicyHandler & { stack?: Layer[] };
  route?: { path: string | string[]; stack: (Layer & { method?: string })[] };
}

export interface RoutePolicy {
  method: string;
  path: string;
  policy: Policy;
}

/** Every route of the application with its policy. @throws when a route has none: the process must not start. */
export function routePolicies(app: Express): RoutePolicy[] {
  const found = walk((app.router as unknown as { stack: Layer[] }).stack);
  const open = found.filter((r) => r.policy === undefined).map((r) => `${r.method} ${r.path}`);
  if (open.length > 0) throw new Error(`These routes have no policy: ${open.join(', ')}`);
  return found as RoutePolicy[];
}

function walk(stack: Layer[]): { method: string; path: string; policy: Policy | undefined }[] {
  return stack.flatMap((layer) => {
    if (!layer.route) return layer.handle.stack ? walk(layer.handle.stack) : [];
    const { path, stack: handlers } = layer.route;
    const methods = [...new Set(handlers.map((h) => (h.method ?? 'all').toUpperCase()))];
    return methods.flatMap((method) => {
      const first = handlers.find((h) => (h.method ?? 'all').toUpperCase() === method);
      return [path].flat().map((p) => ({ method, path: p, policy: first?.handle[POLICY] }));
    });
  });
}
