import { Router } from 'express';
import type { Context } from '../../context';
import { calendarRoutes } from './calendar.routes';

/** Calendar, templates and snippets. */
export function planningRoutes(context: Context): Router {
  const router = Router();
  router.use(calendarRoutes(context));
  return router;
}
