import { Router } from 'express';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { rowId } from '../../http/parse';
import { API_CALLBACK_PATH } from './callback-paths';
import { CONNECT, finishConnecting, signedInOnly, startConnecting } from './connect.routes';
import { disconnectAction, refreshAction } from './connection-actions';
import type { ConnectionHooks } from './connections.routes';
import { namedCredential } from './named-credential';

/** The same actions at the addresses that some integrations know them by; session, role and form token as everywhere. */
export function authAliasRoutes(context: Context, hooks: ConnectionHooks): Router {
  const router = Router();

  router.get('/api/auth/patreon/connect', allow('credentials.manage'), (req, res) => {
    const { credential } = req.query;
    res.redirect(303, credential === undefined ? CONNECT : `${CONNECT}?credential=${rowId(credential)}`);
  });
  router.post('/api/auth/patreon/connect', allow('credentials.manage'), startConnecting(context));

  router.use(API_CALLBACK_PATH, signedInOnly);
  router.get('/api/auth/patreon/callback', allow('credentials.manage'), finishConnecting(context, hooks));

  router.post('/api/auth/patreon/refresh', allow('credentials.manage'), async (req, res) =>
    refreshAction(context, req, res, await namedCredential(context, req)),
  );

  router.post('/api/auth/patreon/disconnect', allow('credentials.manage'), async (req, res) =>
    disconnectAction(context, req, res, await namedCredential(context, req)),
  );

  return router;
}
