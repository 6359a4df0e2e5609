import { Router } from 'express';
import type { Context } from '../../context';
import { authAliasRoutes } from './auth-alias.routes';
import { connectRoutes } from './connect.routes';
import { credentialsRoutes } from './credentials.routes';

export interface ConnectionHooks {
  /** Called once a connection stands; answers the address to go on to. */
  onConnected(credentialId: number, staffId: number): Promise<string>;
}

/** The credentials screen, connecting to Patreon and what can be done with a connection. */
export function connectionsRoutes(context: Context, hooks: ConnectionHooks): Router {
  const router = Router();
  router.use(credentialsRoutes(context, hooks));
  router.use(connectRoutes(context, hooks));
  router.use(authAliasRoutes(context, hooks));
  return router;
}
