import { Router } from 'express';
import type { Context } from '../../context';
import { accountRoutes } from './account.routes';
import { setupRoutes } from './setup.routes';
import { signInRoutes } from './sign-in.routes';
import { createSignInLimits } from './sign-in-limits.service';
import { staffRoutes } from './staff.admin.routes';

/** Signing in and out, the first owner, one's own account, and staff. */
export function accountsRoutes(context: Context): Router {
  const limits = createSignInLimits(context.knex, context.secrets);
  const router = Router();
  router.use(signInRoutes(context, limits));
  router.use(setupRoutes(context));
  router.use(accountRoutes(context, limits));
  router.use(staffRoutes(context));
  return router;
}
