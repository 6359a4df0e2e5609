import { randomUUID } from 'node:crypto';
import express, { type NextFunction, type Request, type Response, Router } from 'express';
import { sendEdgePage, sendJson } from './answer';
import { MINUTE } from './clock';
import { type ConsentRequest, consentPage, consentPolicy, consentProblemPage } from './consent-page';
import { tokenAnswer } from './grants';
import { digest } from './request-log';
import { isScope, sortScopes } from './scopes';
import type { SandboxResponse, SandboxState } from './state';

interface PendingConsent extends ConsentRequest {
  state: string | undefined;
  expiresAt: number;
}

const CONSENT_LIFETIME = 30 * MINUTE;

const form = express.urlencoded({ extended: false, limit: '20kb' });

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

function sendPage(response: Response, status: number, html: string, redirectUri?: string): void {
  response.status(status).type('html');
  response.set({
    'content-security-policy': consentPolicy(redirectUri),
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  response.send(html);
}

function redirectWith(response: Response, redirectUri: string, answer: Record<string, string | undefined>): void {
  const target = new URL(redirectUri);
  for (const [name, value] of Object.entries(answer)) if (value !== undefined) target.searchParams.set(name, value);
  response.redirect(302, target.href);
}

/** The consent page and what its two buttons do. */
export function consentRouter(state: SandboxState): Router {
  const router = Router();
  const pending = new Map<string, PendingConsent>();
  router.get('/oauth2/authorize', (request, response) => askForConsent(state, pending, request, response));
  router.post('/oauth2/authorize', form, (request, response) => decide(state, pending, request, response));
  return router;
}

type Pending = Map<string, PendingConsent>;

function askForConsent(state: SandboxState, pending: Pending, request: Request, response: Response): void {
  const { query } = request;
  const client = state.grants.client(text(query.client_id) ?? '');
  const redirectUri = text(query.redirect_uri) ?? '';
  if (client === undefined) {
    const remedy = 'The client_id of the address is not registered here. Compare it with the client’s settings.';
    sendPage(response, 400, consentProblemPage('Unknown client', remedy));
    return;
  }
  if (!client.redirectUris.includes(redirectUri)) {
    const remedy = `The redirect_uri must equal one of the registered addresses: ${client.redirectUris.join(', ')}.`;
    sendPage(response, 400, consentProblemPage('Redirect address not registered', remedy));
    return;
  }
  const scopes = (text(query.scope) ?? '').split(' ').filter((scope) => scope !== '');
  const oauthState = text(query.state);
  const error = query.response_type !== 'code' ? 'unsupported_response_type' : !areScopes(scopes) && 'invalid_scope';
  if (error) {
    redirectWith(response, redirectUri, { error, state: oauthState });
    return;
  }
  const now = state.clock.now();
  for (const [id, { expiresAt }] of pending) if (expiresAt < now) pending.delete(id);
  const expiresAt = now + CONSENT_LIFETIME;
  const consent = { id: randomUUID(), client, redirectUri, scopes: sortScopes(scopes), state: oauthState, expiresAt };
  pending.set(consent.id, consent);
  sendPage(response, 200, consentPage(consent, state.world.population.creators()), redirectUri);
}

const areScopes = (scopes: string[]): boolean => scopes.length > 0 && scopes.every(isScope);

function decide(state: SandboxState, pending: Pending, request: Request, response: Response): void {
  const id = text(request.body?.request) ?? '';
  const consent = pending.get(id);
  pending.delete(id);
  if (consent === undefined || consent.expiresAt < state.clock.now()) {
    const remedy = 'This page was answered before or is too old. Start again from the program that asked.';
    sendPage(response, 400, consentProblemPage('Nothing to answer', remedy));
    return;
  }
  const { client, redirectUri, scopes } = consent;
  if (request.body?.decision !== 'allow') {
    redirectWith(response, redirectUri, { error: 'access_denied', state: consent.state });
    return;
  }
  const creators = state.world.population.creators();
  const user = creators.find((creator) => creator.id === request.body?.user) ?? creators[0];
  if (user === undefined) {
    redirectWith(response, redirectUri, { error: 'access_denied', state: consent.state });
    return;
  }
  const code = state.grants.issueCode({ clientId: client.id, userId: user.id, redirectUri, scopes });
  redirectWith(response, redirectUri, { code, state: consent.state });
}

/** `POST /api/oauth2/token`. Its errors are flat, unlike those of the API. */
export function tokenRouter(state: SandboxState): Router {
  const router = Router();
  router
    .route('/api/oauth2/token')
    .post(requireUserAgent, form, (request, response: SandboxResponse) => answerToken(state, request, response))
    .all((_request, response: SandboxResponse) => refuse(response.set('allow', 'POST'), 405, 'invalid_request'));
  router.use('/api/oauth2/token', refuseUnreadable);
  return router;
}

const refuse = (response: SandboxResponse, status: number, error: string): void =>
  sendJson(response, status, { error }, 'application/json');

function requireUserAgent(request: Request, response: SandboxResponse, next: NextFunction): void {
  if (request.get('user-agent')?.trim()) next();
  else sendEdgePage(response);
}

function refuseUnreadable(error: unknown, _request: Request, response: SandboxResponse, next: NextFunction): void {
  const isUnreadable = error instanceof Error && 'status' in error && Number(error.status) < 500;
  if (isUnreadable) refuse(response, 400, 'invalid_request');
  else next(error);
}

const REQUIRED_PARAMETERS = new Map([
  ['authorization_code', ['code', 'redirect_uri']],
  ['refresh_token', ['refresh_token']],
]);

/** Parameters come in the form body; some clients put them in the query, which works and shows their secrets in logs. */
function answerToken(state: SandboxState, request: Request, response: SandboxResponse): void {
  const parameter = (name: string): string => text(request.body?.[name]) ?? text(request.query[name]) ?? '';
  if (response.locals.fault?.kind === 'invalid_grant') {
    refuse(response, 401, 'invalid_grant');
    return;
  }
  const clientId = parameter('client_id');
  if (!state.grants.verifyClient(clientId, parameter('client_secret'))) {
    refuse(response, 401, 'invalid_client');
    return;
  }
  const grantType = parameter('grant_type');
  const names = REQUIRED_PARAMETERS.get(grantType);
  if (names === undefined || names.some((name) => parameter(name) === '')) {
    refuse(response, 400, 'invalid_request');
    return;
  }
  const token =
    grantType === 'refresh_token'
      ? refresh(state, parameter('refresh_token'), clientId)
      : state.grants.exchangeCode(parameter('code'), clientId, parameter('redirect_uri'));
  if (token === undefined) refuse(response, 401, 'invalid_grant');
  else sendJson(response, 200, tokenAnswer(token), 'application/json');
}

function refresh({ grants, report, settings }: SandboxState, refreshToken: string, clientId: string) {
  const spentGrant = grants.grantOfSpent(refreshToken);
  if (spentGrant !== undefined) {
    report.reused(digest(refreshToken));
    if (settings.reuseRevokes) grants.revokeGrant(spentGrant);
  }
  const token = grants.refresh(refreshToken, clientId);
  if (token !== undefined) report.refreshed();
  return token;
}
