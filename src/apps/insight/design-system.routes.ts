import { Router } from 'express';
import { allow } from '../../http/allow';
import { readDesignSystem } from './design-system';

/** The living page of the components; mounted in development only. */
export function designSystemRoutes(): Router {
  const router = Router();

  router.get('/dev/design-system/', allow('status.read'), (req, res) => {
    res.view('insight/design-system', readDesignSystem(req));
  });

  return router;
}
