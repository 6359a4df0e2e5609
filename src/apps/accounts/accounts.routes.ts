import { Router } from 'express';
import type { Context } from '../../context';

/** Signing in and out, the first owner, one's own account, and staff. */
export function accountsRoutes(_context: Context): Router {
  return Router();
}
