import { Router } from 'express';
import type { Context } from '../../context';

export function exportsRoutes(_context: Context): Router {
  const router = Router();
  return router;
}
