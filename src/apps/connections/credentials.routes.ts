import { type Request, type Response, Router } from 'express';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { formMessages, typedValues } from '../../http/form-messages';
import { parseForm, rowId } from '../../http/parse';
import { actorOf } from '../accounts/audit.service';
import { CALLBACK_PATH } from './callback-paths';
import {
  addressAfterConnecting,
  CREDENTIALS,
  changeAddress,
  disconnectAction,
  refreshAction,
} from './connection-actions';
import { markInterruptedRefreshes } from './connection-health.service';
import { connectionStatus } from './connection-status.service';
import type { ConnectionHooks } from './connections.routes';
import { confirmationForm, credentialForm, newCredentialForm } from './credentials.schemas';
import { createCredential, deleteCredential, type SavedCredential, updateCredential } from './credentials.service';
import { PatreonCredential } from './patreon-credential.model';

/** What may be shown again; the other fields of the form are secrets. */
const SHOWN = ['client_id', 'campaign_name', 'redirect_uri'] as const;

/** The credentials screen, at the address where Django's admin has it. */
export function credentialsRoutes(context: Context, hooks: ConnectionHooks): Router {
  const router = Router();
  const { knex, config } = context;

  router.get('/admin/patreon/patreoncredential/', allow('credentials.manage'), async (req, res) => {
    await markInterruptedRefreshes(context);
    const [credentials, campaigns] = await Promise.all([
      PatreonCredential.listAll(knex),
      PatreonCredential.campaigns(knex),
    ]);
    const title = req.t('connections:list.title');
    res.view('connections/index', { title, section: 'credentials', credentials, campaigns });
  });

  router.get('/admin/patreon/patreoncredential/add/', allow('credentials.manage'), (req, res) => {
    const redirect_uri = config.http.publicUrl + CALLBACK_PATH;
    addPage(req, res, { values: { client_id: '', campaign_name: '', redirect_uri }, errors: {} });
  });

  router.post('/admin/patreon/patreoncredential/add/', allow('credentials.manage'), async (req, res) => {
    try {
      const form = parseForm(newCredentialForm, req.body);
      await goOn(req, res, await createCredential(context, form, actorOf(req)), 'created');
    } catch (error) {
      addPage(req, res, { values: typedValues(req, SHOWN), errors: formMessages(req, error) }, 422);
    }
  });

  router.get('/admin/patreon/patreoncredential/:id/change/', allow('credentials.manage'), async (req, res) => {
    await markInterruptedRefreshes(context);
    await changePage(req, res, await PatreonCredential.get(rowId(req.params.id), knex));
  });

  router.post('/admin/patreon/patreoncredential/:id/change/', allow('credentials.manage'), async (req, res) => {
    const credential = await PatreonCredential.get(rowId(req.params.id), knex);
    try {
      const form = parseForm(credentialForm, req.body);
      await goOn(req, res, await updateCredential(context, credential.id, form, actorOf(req)), 'changed');
    } catch (error) {
      const shown = { values: typedValues(req, SHOWN), errors: formMessages(req, error) };
      await changePage(req, res, credential, shown, 422);
    }
  });

  router.post('/admin/patreon/patreoncredential/:id/refresh/', allow('credentials.manage'), async (req, res) =>
    refreshAction(context, req, res, rowId(req.params.id)),
  );

  router.post('/admin/patreon/patreoncredential/:id/disconnect/', allow('credentials.manage'), async (req, res) =>
    disconnectAction(context, req, res, rowId(req.params.id)),
  );

  router.get('/admin/patreon/patreoncredential/:id/delete/', allow('credentials.manage'), async (req, res) =>
    deletePage(req, res, await PatreonCredential.get(rowId(req.params.id), knex), {}),
  );

  router.post('/admin/patreon/patreoncredential/:id/delete/', allow('credentials.manage'), async (req, res) => {
    const credential = await PatreonCredential.get(rowId(req.params.id), knex);
    try {
      const { confirm } = parseForm(confirmationForm, req.body);
      await deleteCredential(context, credential.id, confirm, actorOf(req));
      req.flash('success', req.t('connections:deleted', { name: credential.campaign_name }));
      res.redirect(303, CREDENTIALS);
    } catch (error) {
      await deletePage(req, res, credential, formMessages(req, error), 422);
    }
  });

  async function goOn(req: Request, res: Response, { id, isConnected }: SavedCredential, done: string): Promise<void> {
    req.flash('success', req.t(`connections:${isConnected ? 'connected' : done}`));
    res.redirect(303, isConnected ? await addressAfterConnecting(context, hooks, req, id) : changeAddress(id));
  }

  async function changePage(
    req: Request,
    res: Response,
    credential: PatreonCredential,
    shown: FormState = { values: credential, errors: {} },
    status = 200,
  ): Promise<void> {
    res.view(
      'connections/change',
      {
        ...(await credentialLocals(credential)),
        ...formLocals(shown),
        breadcrumbs: trail(req, credential.campaign_name),
      },
      { status },
    );
  }

  async function deletePage(
    req: Request,
    res: Response,
    credential: PatreonCredential,
    errors: Record<string, string>,
    status = 200,
  ): Promise<void> {
    const breadcrumbs = [
      ...trail(req, credential.campaign_name, changeAddress(credential.id)),
      { label: req.t('shared:actions.delete') },
    ];
    const title = req.t('connections:delete.title', { name: credential.campaign_name });
    res.view('connections/delete', { ...(await credentialLocals(credential)), title, breadcrumbs, errors }, { status });
  }

  async function credentialLocals(credential: PatreonCredential) {
    const campaigns = (await PatreonCredential.campaigns(knex)).filter(
      ({ credential_id }) => credential_id === credential.id,
    );
    const status = connectionStatus(context, credential);
    return {
      title: credential.campaign_name,
      section: 'credentials',
      credential: shownCredential(credential),
      status,
      campaigns,
    };
  }

  return router;
}

interface FormState {
  values: Record<(typeof SHOWN)[number], string>;
  errors: Record<string, string>;
}

function addPage(req: Request, res: Response, shown: FormState, status = 200): void {
  const title = req.t('connections:add.title');
  res.view(
    'connections/add',
    { title, section: 'credentials', ...formLocals(shown), breadcrumbs: trail(req, title) },
    { status },
  );
}

function formLocals({ values: { client_id, campaign_name, redirect_uri }, errors }: FormState) {
  return { values: { client_id, campaign_name, redirect_uri }, errors };
}

function trail(req: Request, label: string, href?: string) {
  return [
    { label: req.t('connections:list.title'), href: CREDENTIALS },
    { label, ...(href ? { href } : {}) },
  ];
}

/** Without the sealed columns: a template cannot print what it does not have. */
function shownCredential(credential: PatreonCredential) {
  const { client_secret, access_token, refresh_token, environment_digest: _digest, ...shown } = credential;
  return { ...shown, hasSecret: client_secret !== null, hasTokens: access_token !== null && refresh_token !== null };
}
