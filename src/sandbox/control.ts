import { randomUUID } from 'node:crypto';
import express, { type NextFunction, type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { dateTime } from './clock';
import { FAULT_KINDS } from './faults';
import { tokenAnswer } from './grants';
import type { Attributes, Json, Related, Resource, ResourceType } from './resource';
import { ALL_SCOPES, isScope } from './scopes';
import type { SandboxState } from './state';
import { benefitRows, campaignRow, memberRow, postRow, tierRows } from './truth';

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

const json: z.ZodType<Json> = z.json();
const attributes: z.ZodType<Attributes> = z.record(z.string(), json);
const page = z.object({
  offset: z.coerce.number().int().min(0).default(0),
  count: z.coerce.number().int().min(1).max(1000).default(1000),
  campaign: z.string().optional(),
});
const tokenBody = z.strictObject({
  scopes: z.array(z.string().refine(isScope, 'is not a scope of API v2')).optional(),
  expires_in: z.number().int().optional(),
  client_id: z.string().optional(),
  user_id: z.string().optional(),
});
const clientBody = z.strictObject({
  client_id: z.string().min(1).optional(),
  client_secret: z.string().min(1).optional(),
  name: z.string().optional(),
  redirect_uris: z.array(z.url({ protocol: /^https?$/ })).min(1),
});
const faultBody = z.strictObject({
  match: z.string().regex(/^[A-Z]+ \//, 'must be a method and a path'),
  kind: z.enum(FAULT_KINDS),
  page: z.number().int().min(1).optional(),
  times: z.number().int().min(1).nullable().default(1),
  delay_ms: z.number().int().min(0).optional(),
  retry_after_seconds: z.number().nullable().optional(),
});
const clockBody = z.strictObject({
  now: z.iso.datetime({ offset: true }).optional(),
  advance_seconds: z.number().optional(),
});
const window = z.strictObject({ requests: z.number().int().min(1), windowMs: z.number().min(1) });
const limitsBody = z.strictObject({ client: window, token: window }).nullable();
const settingsBody = z.strictObject({
  expires_in: z.number().int().optional(),
  cursor_lifetime_seconds: z.number().min(0).optional(),
  limits: limitsBody.optional(),
  withdrawn_fields: z.array(z.string().regex(/^[a-z-]+\.[a-z_]+$/)).optional(),
});
const patchBody = z.strictObject({
  attributes: attributes.optional(),
  relationships: z.record(z.string(), z.union([z.array(z.string()), z.string(), z.null()])).optional(),
  removed: z.boolean().optional(),
});
const newResourceBody = z.strictObject({
  id: z.string().optional(),
  campaign_id: z.string().optional(),
  attributes: attributes.default({}),
  relationships: patchBody.shape.relationships,
});

const PATCHABLE = new Map<string, ResourceType>([
  ['addresses', 'address'],
  ['benefits', 'benefit'],
  ['campaigns', 'campaign'],
  ['members', 'member'],
  ['posts', 'post'],
  ['tiers', 'tier'],
  ['users', 'user'],
]);

class ControlError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The switches of the sandbox and the truth behind its answers. They answer this machine only. */
export function controlRouter(state: SandboxState): Router {
  const router = Router();
  router.use((request, response, next) => {
    if (LOOPBACK.has(request.socket.remoteAddress ?? '')) next();
    else response.status(404).end();
  });
  // A page in a browser cannot send JSON to another origin without asking, so no page can move these switches.
  router.use(express.json({ limit: '1mb' }), requireJsonBody);
  addTruth(router, state);
  addGrants(router, state);
  addSwitches(router, state);
  addChanges(router, state);
  router.use((_request, response) => response.status(404).json({ error: 'There is no such control address.' }));
  router.use(answerControlError);
  return router;
}

function requireJsonBody(request: Request, _response: Response, next: NextFunction): void {
  const hasOtherBody = request.method === 'POST' && request.body === undefined;
  if (hasOtherBody && request.get('content-type') !== undefined) throw new ControlError(415, 'Send JSON.');
  request.body ??= {};
  next();
}

function answerControlError(error: unknown, _request: Request, response: Response, next: NextFunction): void {
  if (error instanceof z.ZodError) response.status(422).json({ error: z.prettifyError(error) });
  else if (error instanceof ControlError) response.status(error.status).json({ error: error.message });
  else if (error instanceof SyntaxError) response.status(400).json({ error: 'The body is not JSON.' });
  else next(error);
}

function campaignOf({ world }: SandboxState, id: string | undefined): Resource {
  const campaign = id === undefined ? world.campaigns()[0] : world.campaign(id);
  if (campaign === undefined) throw new ControlError(404, `There is no campaign ${id ?? ''}.`);
  return campaign;
}

function addTruth(router: Router, state: SandboxState): void {
  const { world } = state;
  router.get('/truth/members', (request, response) => {
    const { campaign, offset, count } = page.parse(request.query);
    const { id } = campaignOf(state, campaign);
    const rows = world.page('member', id, offset, count).map((member) => memberRow(world, member));
    response.json({ total: world.count('member', id), rows });
  });
  router.get('/truth/posts', (request, response) => {
    const { campaign, offset, count } = page.parse(request.query);
    const owner = campaignOf(state, campaign);
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

function addSwitches(router: Router, state: SandboxState): void {
  const { faults, requests, clock } = state;
  router.get('/requests', (_request, response) => response.json(requests.list()));
  router.delete('/requests', (_request, response) => {
    requests.clear();
    response.status(204).end();
  });
  router.get('/faults', (_request, response) => response.json(faults.list()));
  router.post('/faults', (request, response) => response.status(201).json(faults.add(faultBody.parse(request.body))));
  router.delete('/faults', (_request, response) => {
    faults.clear();
    response.status(204).end();
  });
  router.get('/clock', (_request, response) => response.json({ now: dateTime(clock.now()) }));
  router.post('/clock', (request, response) => {
    const { now, advance_seconds = 0 } = clockBody.parse(request.body);
    if (now !== undefined) clock.set(Date.parse(now));
    clock.advance(advance_seconds * 1000);
    response.json({ now: dateTime(clock.now()) });
  });
  router.post('/settings', (request, response) => {
    const body = settingsBody.parse(request.body);
    if (body.expires_in !== undefined) state.grants.expiresIn = body.expires_in;
    if (body.cursor_lifetime_seconds !== undefined) state.cursors.lifetimeMs = body.cursor_lifetime_seconds * 1000;
    if (body.limits !== undefined) state.limits.rules = body.limits;
    if (body.withdrawn_fields !== undefined) state.withdrawnFields = new Set(body.withdrawn_fields);
    response.json(body);
  });
}

function addChanges(router: Router, state: SandboxState): void {
  const { world } = state;
  router.post(['/members', '/posts'], (request, response) => {
    const body = newResourceBody.parse(request.body);
    const type = request.path === '/members' ? 'member' : 'post';
    const campaign = campaignOf(state, body.campaign_id);
    const id = body.id ?? (type === 'member' ? randomUUID() : String(Date.now()));
    if (world.get(type, id) !== undefined) throw new ControlError(409, `There is a ${type} ${id} already.`);
    const defaults = type === 'member' ? newMember(state.clock.now()) : newPost(state.clock.now());
    world.add(campaign.id, added(type, id, { ...defaults, ...body.attributes }, campaign));
    if (body.relationships) world.patch(type, id, { relationships: body.relationships });
    response.status(201).json({ id });
  });
  router.post('/:types/:id', (request, response, next) => {
    const type = PATCHABLE.get(request.params.types);
    const { id } = request.params;
    if (type === undefined) {
      next();
      return;
    }
    const { removed = false, attributes, relationships } = patchBody.parse(request.body);
    if (world.get(type, id) === undefined) throw new ControlError(404, `There is no ${type} ${id}.`);
    world.patch(type, id, { ...(attributes && { attributes }), ...(relationships && { relationships }) });
    if (removed) world.remove(type, id);
    response.json({ id, removed });
  });
}

function added(type: 'member' | 'post', id: string, attributes: Attributes, campaign: Resource): Resource {
  const related = (relationship: string): Related => {
    if (relationship === 'campaign') return campaign;
    if (type === 'post') return relationship === 'user' ? campaign.related('creator') : null;
    return relationship === 'currently_entitled_tiers' || relationship === 'pledge_history' ? [] : null;
  };
  return { type, id, attributes, related };
}

/** Somebody who has just joined without paying. */
const newMember = (now: number): Attributes => ({
  campaign_lifetime_support_cents: 0,
  currently_entitled_amount_cents: 0,
  email: null,
  full_name: 'New Member',
  is_follower: false,
  is_free_trial: false,
  is_gifted: false,
  last_charge_date: null,
  last_charge_status: null,
  lifetime_support_cents: 0,
  next_charge_date: null,
  note: '',
  patron_status: null,
  pledge_cadence: null,
  pledge_relationship_start: dateTime(now),
  will_pay_amount_cents: 0,
});

const newPost = (now: number): Attributes => ({
  app_id: null,
  app_status: null,
  content: '<p>New.</p>',
  embed_data: null,
  embed_url: null,
  is_paid: false,
  is_public: true,
  published_at: dateTime(now),
  tiers: [],
  title: 'New post',
  url: 'https://www.patreon.com/posts/new-post',
});
