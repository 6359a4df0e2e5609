import { Router } from 'express';
import type { Context } from '../../context';

export function auditRoutes(_context: Context): Router {
  const router = Router();
  return router;
}
