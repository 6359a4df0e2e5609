import { Router } from 'express';
import type { Context } from '../../context';
import { pictureRoutes } from './pictures.routes';
import { previewRoutes } from './preview.routes';

/** What the editor asks for: preview and pictures. */
export function editorRoutes(context: Context): Router {
  const router = Router();
  router.use(previewRoutes(context));
  router.use(pictureRoutes(context));
  return router;
}
