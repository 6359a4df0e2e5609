import { Router } from 'express';
import type { Context } from '../../context';
import { calendarRoutes } from './calendar.routes';
import { draftBulkRoutes } from './draft-bulk.routes';
import { draftCopyRoutes } from './draft-copy.routes';
import { postSnippetRoutes } from './post-snippet.routes';
import { postTemplateRoutes } from './post-template.routes';

/** Calendar, templates and snippets. */
export function planningRoutes(context: Context): Router {
  const router = Router();
  router.use(calendarRoutes(context));
  router.use(postTemplateRoutes(context));
  router.use(postSnippetRoutes(context));
  router.use(draftCopyRoutes(context));
  router.use(draftBulkRoutes(context));
  return router;
}
