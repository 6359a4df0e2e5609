import { Router } from 'express';
import type { Context } from '../../context';

/** Calendar, templates and snippets. */
export function planningRoutes(_context: Context): Router {
  return Router();
}
