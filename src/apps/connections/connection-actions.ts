import type { Request, Response } from 'express';
import type { Context } from '../../context';
import { actorOf } from '../accounts/audit.service';
import { disconnect } from './connection.service';
import { connectionStatus } from './connection-status.service';
import type { ConnectionHooks } from './connections.routes';
import { refreshNow } from './credentials.service';
import { PatreonCredential } from './patreon-credential.model';

export const CREDENTIALS = '/admin/patreon/patreoncredential/';

export const changeAddress = (id: number): string => `${CREDENTIALS}${id}/change/`;

const REFRESH_FLASH = { renewed: 'success', postponed: 'warning', refused: 'error' } as const;

export async function refreshAction(context: Context, req: Request, res: Response, id: number): Promise<void> {
  const outcome = await refreshNow(context, id, actorOf(req));
  req.flash(REFRESH_FLASH[outcome], req.t(`connections:refreshed.${outcome}`));
  await answer(context, req, res, id);
}

export async function disconnectAction(context: Context, req: Request, res: Response, id: number): Promise<void> {
  await disconnect(context, id, actorOf(req));
  req.flash('success', req.t('connections:disconnected'));
  await answer(context, req, res, id);
}

/** Back to the credential's page, or its state for a program. */
async function answer(context: Context, req: Request, res: Response, id: number): Promise<void> {
  if (req.accepts(['html', 'json']) !== 'json') {
    res.redirect(303, changeAddress(id));
    return;
  }
  req.session.flash = [];
  res.json({ connection: connectionStatus(context, await PatreonCredential.get(id, context.knex)) });
}

/** The connection stands already, so a hook that fails is no reason to say otherwise. */
export async function addressAfterConnecting(
  context: Context,
  hooks: ConnectionHooks,
  req: Request,
  id: number,
): Promise<string> {
  try {
    return await hooks.onConnected(id, req.staff?.id ?? 0);
  } catch (err) {
    context.log.error({ err, credentialId: id }, 'nothing followed the new connection');
    return changeAddress(id);
  }
}
