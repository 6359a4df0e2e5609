import { Router } from 'express';
import type { Context } from '../../context';
import { batchesRoutes } from './batches.routes';
import { bulkRoutes } from './bulk.routes';
import { labelsRoutes } from './labels.routes';
import { savedViewsRoutes } from './saved-views.routes';

/** What staff do with the list of members besides reading it. */
export function workbenchRoutes(context: Context): Router {
  const router = Router();
  router.use(bulkRoutes(context));
  router.use(batchesRoutes(context));
  router.use(labelsRoutes(context));
  router.use(savedViewsRoutes(context));
  return router;
}
