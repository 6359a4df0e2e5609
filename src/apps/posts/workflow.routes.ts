import { Router } from 'express';
import type { Context } from '../../context';

/** Review, hand-off and arrival of drafts. */
export function workflowRoutes(_context: Context): Router {
  return Router();
}
