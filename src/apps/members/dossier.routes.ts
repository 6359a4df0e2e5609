import { Router } from 'express';
import type { Context } from '../../context';

export function dossierRoutes(_context: Context): Router {
  const router = Router();
  return router;
}
