import { Router } from 'express';
import type { Context } from '../../context';

/** Planned changes of tiers and campaigns. */
export function plansRoutes(_context: Context): Router {
  return Router();
}
