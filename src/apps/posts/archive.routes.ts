import { Router } from 'express';
import type { Context } from '../../context';

/** Published posts: versions, archive, deletion. */
export function archiveRoutes(_context: Context): Router {
  return Router();
}
