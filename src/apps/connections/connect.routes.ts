import { type Request, type RequestHandler, type Response, Router } from 'express';
import { Passport } from 'passport';
import type { Context } from '../../context';
import { allow } from '../../http/allow';
import { rowId } from '../../http/parse';
import { allowFormTo } from '../../http/security-headers';
import { SecretUnreadableError } from '../../lib/secret-box';
import { WANTED_SCOPES } from '../../patreon/oauth';
import { actorOf } from '../accounts/audit.service';
import { CALLBACK_PATH } from './callback-paths';
import { completeConnection } from './connect.service';
import { addressAfterConnecting } from './connection-actions';
import { ConnectionError, connectionRefusal } from './connection-error';
import type { ConnectionHooks } from './connections.routes';
import { callbackQuery } from './credentials.schemas';
import { namedCredential } from './named-credential';
import { credentialOfState, spendState } from './oauth-states.service';
import { PatreonCredential } from './patreon-credential.model';
import { PatreonStrategy, stateOwner } from './patreon-strategy';

export const CONNECT = '/patreon/oauth/authorize/';

/** The consent trip: a page that says what is asked, the start, and the return. */
export function connectRoutes(context: Context, hooks: ConnectionHooks): Router {
  const router = Router();
  const { config } = context;
  const toPatreon = allowFormTo(config.production, new URL(config.patreon.baseUrl).origin);

  router.get('/patreon/oauth/authorize/', allow('credentials.manage'), toPatreon, async (req, res) => {
    const credentials = await PatreonCredential.listAll(context.knex);
    const asked = req.query.credential === undefined ? undefined : rowId(req.query.credential);
    const chosen =
      asked === undefined
        ? credentials.length === 1
          ? credentials[0]
          : undefined
        : await PatreonCredential.get(asked, context.knex);
    const title = req.t('connections:connect.title');
    const shown = credentials.map(({ id, campaign_name, client_id, state }) => ({
      id,
      campaign_name,
      client_id,
      state,
    }));
    const locals = {
      credentials: shown,
      chosenId: chosen?.id ?? null,
      scopes: WANTED_SCOPES.map((name) => ({ name, key: messageKey(name) })),
      address: config.patreon.baseUrl,
    };
    res.view('connections/connect', { title, section: 'credentials', ...locals });
  });

  router.post('/patreon/oauth/authorize/', allow('credentials.manage'), startConnecting(context));

  router.use(CALLBACK_PATH, signedInOnly);
  router.get('/patreon/oauth/callback/', allow('credentials.manage'), finishConnecting(context, hooks));

  return router;
}

/** Sends the browser to Patreon's consent page. */
export function startConnecting(context: Context): RequestHandler {
  const passport = new Passport();
  return async (req, res, next) => {
    const credential = await PatreonCredential.get(await namedCredential(context, req), context.knex);
    const strategy = strategyFor(context, credential);
    if (strategy === null) return refuse(req, res, 'secret_unreadable', credential.id);
    // passport-oauth2 takes a request with these for the way back.
    if ('code' in req.query || 'error' in req.query || 'code' in req.body) return dead(req, res, 'incomplete');
    passport.authenticate(strategy, { session: false })(req, res, next);
  };
}

/** Patreon sent the browser back: every way that this can go wrong ends in words, and none leaves anything behind. */
export function finishConnecting(context: Context, hooks: ConnectionHooks): RequestHandler {
  const passport = new Passport();
  return async (req, res) => {
    const query = callbackQuery.safeParse(req.query);
    const { code, state, error } = query.success ? query.data : {};
    if (state === undefined || (code === undefined && error === undefined)) return dead(req, res, 'incomplete');
    if (error !== undefined) {
      const id = await spendState(context, state, stateOwner(req));
      return id === null
        ? dead(req, res, 'state')
        : refuse(req, res, error === 'access_denied' ? 'denied' : 'patreon_error', id);
    }
    const id = await credentialOfState(context, state, stateOwner(req));
    if (id === null) return dead(req, res, 'state');
    const credential = await PatreonCredential.get(id, context.knex);
    const strategy = strategyFor(context, credential);
    if (strategy === null) return refuse(req, res, 'secret_unreadable', id);
    try {
      await exchange(passport, strategy, req, res);
      if (!strategy.tokens) throw new ConnectionError('code_refused');
      await completeConnection(context, credential, strategy.tokens, actorOf(req));
    } catch (failure) {
      const refusal = connectionRefusal(failure);
      context.log.warn({ err: failure, credentialId: id }, 'the connection was not made');
      return refuse(req, res, refusal, id);
    }
    req.flash('success', req.t('connections:connected'));
    res.redirect(303, await addressAfterConnecting(context, hooks, req, id));
  };
}

/** `campaigns.members[email]` as `campaignsMembersEmail`: the catalogue gives dots and colons a meaning of their own. */
function messageKey(scope: string): string {
  return scope.replace(/[^a-z]+([a-z]?)/g, (_separator, letter: string) => letter.toUpperCase());
}

function strategyFor(context: Context, credential: PatreonCredential): PatreonStrategy | null {
  try {
    return new PatreonStrategy(context, credential);
  } catch (error) {
    if (error instanceof SecretUnreadableError) return null;
    throw error;
  }
}

/** Spends the state and trades the code, through passport. */
function exchange(
  passport: InstanceType<typeof Passport>,
  strategy: PatreonStrategy,
  req: Request,
  res: Response,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error: unknown) => (error ? reject(strategy.failure ?? error) : resolve());
    passport.authenticate(strategy, { session: false }, done)(req, res, reject);
  });
}

/** Back to the connect page with the reason. */
function refuse(req: Request, res: Response, refusal: string, credentialId: number): void {
  req.flash(refusal === 'denied' ? 'warning' : 'error', req.t(`connections:refusal.${refusal}`));
  res.redirect(303, `${CONNECT}?credential=${credentialId}`);
}

/** Nothing tells which connection this was about. */
function dead(req: Request, res: Response, reason: 'incomplete' | 'state'): void {
  const title = req.t(`connections:callback.${reason}.title`);
  res.view('connections/callback', { title, section: 'credentials', reason }, { status: 400 });
}

/** Ahead of the sign-in page, which would carry the code along in its own address. */
export const signedInOnly: RequestHandler = (req, res, next) => {
  if (req.staff) return next();
  if (Object.keys(req.query).length > 0) req.flash('warning', req.t('connections:callback.signedOut'));
  return res.redirect(303, `/login/?next=${encodeURIComponent(CONNECT)}`);
};
