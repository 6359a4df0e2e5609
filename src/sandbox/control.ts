import { randomUUID } from 'node:crypto';
import express, { type NextFunction, type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { addChanges } from './changes';
import { clientBody, tokenBody, truthQuery } from './control-bodies';
import { ControlError, campaignOf } from './control-error';
import { tokenAnswer } from './grants';
import type { Resource } from './resource';
import { ALL_SCOPES } from './scopes';
import type { SandboxState } from './state';
import { addSwitches } from './switches';
import { benefitRows, campaignRow, memberRow, postRow, tierRows } from './truth';

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** The switches of the sandbox and the truth behind its answers. They answer this machine only. */
export function controlRouter(state: SandboxState): Router {
  const router = Router();
  router.use((request, response, next) => {
    if (LOOPBACK.has(request.socket.remoteAddress ?? '')) next();
    else response.status(404).end();
  });
  // A page in a browser cannot send JSON to another origin without asking, so no page can move these switches.
  router.use(express.json({ limit: '10mb' }), requireJsonBody);
  addTruth(router, state);
  addGrants(router, state);
  addSwitches(router, state);
  addChanges(router, state);
  router.use((_request, response) => response.status(404).json({ error: 'There is no such control address.' }));
  router.use(answerControlError);
  return router;
}

function requireJsonBody(request: Request, _response: Response, next: NextFunction): void {
  const isJson = request.get('content-type')?.startsWith('application/json');
  if (request.method === 'POST' && !isJson) throw new ControlError(415, 'Send JSON as application/json.');
  next();
}

function answerControlError(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  if (error instanceof z.ZodError) response.status(422).json({ error: z.prettifyError(error) });
  else if (error instanceof ControlError) response.status(error.status).json({ error: error.message });
  else if (error instanceof SyntaxError) response.status(400).json({ error: 'The body is not JSON.' });
  else next(error);
}

function addTruth(router: Router, state: SandboxState): void {
  const { world } = state;
  router.get('/truth/members', (request, response) => {
    const { campaign, offset, count } = truthQuery.parse(request.query);
    const { id } = campaignOf(world, campaign);
    const rows = world.page('member', id, offset, count).map((member) => memberRow(world, member));
    response.json({ total: world.count('member', id), rows });
  });
  router.get('/truth/posts', (request, response) => {
    const { campaign, offset, count } = truthQuery.parse(request.query);
    const owner = campaignOf(world, campaign);
    const rows = world.page('post', owner.id, offset, count).map((post) => postRow(world, owner, post));
    response.json({ total: world.count('post', owner.id), rows });
  });
  const all = (name: string, rowsOf: (campaign: Resource) => object[]): void => {
    router.get(`/truth/${name}`, (_request, response) => {
      const rows = world.campaigns().flatMap(rowsOf);
      response.json({ total: rows.length, rows });
    });
  };
  all('campaigns', (campaign) => [campaignRow(world, campaign)]);
  all('tiers', (campaign) => tierRows(world, campaign));
  all('benefits', (campaign) => benefitRows(world, campaign));
}

function addGrants(router: Router, { grants, world }: SandboxState): void {
  router.post('/clients', (request, response) => {
    const body = clientBody.parse(request.body);
    const id = body.client_id ?? randomUUID();
    const secret = body.client_secret ?? randomUUID();
    const ownerId = world.population.creators()[0]?.id ?? '';
    grants.register({ id, secret, name: body.name ?? id, redirectUris: body.redirect_uris, ownerId });
    response.status(201).json({ client_id: id, client_secret: secret, redirect_uris: body.redirect_uris });
  });
  router.post('/tokens', (request, response) => {
    const body = tokenBody.parse(request.body);
    const userId = body.user_id ?? world.population.creators()[0]?.id;
    const client = grants.client(body.client_id ?? grants.defaultClient.id);
    if (client === undefined) throw new ControlError(404, 'There is no such client.');
    if (userId === undefined || !world.get('user', userId)) throw new ControlError(404, 'There is no such user.');
    const expiresIn = body.expires_in === undefined ? {} : { expiresIn: body.expires_in };
    const scopes = body.scopes ?? ALL_SCOPES;
    response.status(201).json(tokenAnswer(grants.mint({ clientId: client.id, userId, scopes, ...expiresIn })));
  });
  router.post('/tokens/revoke', (request, response) => {
    const { token } = z.strictObject({ token: z.string().optional() }).parse(request.body);
    response.json({ revoked: grants.revoke(token) });
  });
}
