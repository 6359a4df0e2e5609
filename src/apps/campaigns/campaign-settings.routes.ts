import { Router } from 'express';
import type { Context } from '../../context';

export function campaignSettingsRoutes(_context: Context): Router {
  const router = Router();
  return router;
}
