import { Router } from 'express';
import type { Context } from '../../context';

export function searchRoutes(_context: Context): Router {
  const router = Router();
  return router;
}
