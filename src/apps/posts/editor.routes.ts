import { Router } from 'express';
import type { Context } from '../../context';

/** What the editor asks for: preview and pictures. */
export function editorRoutes(_context: Context): Router {
  return Router();
}
