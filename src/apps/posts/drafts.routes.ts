import { Router } from 'express';
import type { Context } from '../../context';

/** Drafts: writing, saving, versions. */
export function draftsRoutes(_context: Context): Router {
  return Router();
}
