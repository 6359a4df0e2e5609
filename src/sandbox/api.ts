import { type NextFunction, type Request, Router } from 'express';
import { sendEdgePage, sendJson } from './answer';
import { methodNotAllowed, notAcceptable, notFound, resourceMissing, unauthorized, viewForbidden } from './api-error';
import { listDocument, type ResourceReader, singleDocument } from './document';
import type { Token } from './grants';
import { type List, listPage } from './pages';
import type { ListedType } from './population';
import { hideField, includesType, parseReadQuery, type ReadQuery } from './query';
import { bearerOf } from './request-log';
import type { Resource, ResourceType } from './resource';
import type { SandboxResponse, SandboxState } from './state';

const MAX_MEMBERS = 1000;
const MAX_MEMBERS_WITH_HISTORY = 500;
const MAX_POSTS = 20;
const MAX_CAMPAIGNS = 100;

interface Read {
  token: Token;
  query: ReadQuery;
  response: SandboxResponse;
  /** The last segment or the campaign in the path. */
  id: string;
}

function requireScope(token: Token, scope: string): void {
  if (!token.scopes.includes(scope)) throw unauthorized();
}

/** The read endpoints, and the refusals of everything else that could be tried on them. */
export function apiRouter(state: SandboxState): Router {
  const router = Router({ caseSensitive: true });
  const { world } = state;
  router.use((request, response: SandboxResponse, next) => admit(state, request, response, next));

  const read = (type: ResourceType, scope: string, answer: (read: Read) => void) => {
    return (request: Request, response: SandboxResponse): void => {
      const token = response.locals.token as Token;
      requireScope(token, scope);
      const query = readQuery(state, request, type, token);
      answer({ token, query, response, id: String(request.params.id ?? '') });
    };
  };

  router
    .route('/identity')
    .get(read('user', 'identity', (one) => answerIdentity(state, one)))
    .all(refuseMethod);
  router
    .route('/campaigns')
    .get(read('campaign', 'campaigns', (one) => answerCampaigns(state, one)))
    .all(refuseMethod);
  router
    .route('/campaigns/:id')
    .get(
      read('campaign', 'campaigns', ({ token, query, response, id }) => {
        sendJson(response, 200, singleDocument(world, ownCampaign(state, token, id), query));
      }),
    )
    .all(refuseMethod);
  router
    .route('/campaigns/:id/members')
    .get(read('member', 'campaigns.members', (one) => answerMembers(state, one)))
    .all(refuseMethod);
  router
    .route('/campaigns/:id/posts')
    .get(read('post', 'campaigns.posts', (one) => answerPosts(state, one)))
    .all(refuseMethod);
  router
    .route('/members/:id')
    .get(read('member', 'campaigns.members', (one) => answerMember(state, one)))
    .all(refuseMethod);
  router
    .route('/posts/:id')
    .get(read('post', 'campaigns.posts', (one) => answerPost(state, one)))
    .all(refuseMethod);
  // Nothing of these can be read or written at an address of its own.
  router
    .route(['/posts', '/members', '/tiers', '/tiers/:id', '/benefits', '/benefits/:id'])
    .get(refusePath)
    .all(refuseMethod);
  router.use(refusePath);
  return router;
}

/** The order in which Patreon refuses: the token, the User-Agent, the limits, then what was asked. */
function admit(state: SandboxState, request: Request, response: SandboxResponse, next: NextFunction): void {
  const bearer = bearerOf(request);
  const token = bearer === undefined ? undefined : state.grants.authenticate(bearer);
  if (token === undefined) throw unauthorized();
  if (!request.get('user-agent')?.trim()) {
    sendEdgePage(response);
    return;
  }
  state.limits.spend(token);
  if (request.accepts(['json', 'application/vnd.api+json']) === false) throw notAcceptable();
  response.locals.token = token;
  next();
}

function refuseMethod(_request: Request, response: SandboxResponse): void {
  response.set('allow', 'GET');
  throw methodNotAllowed();
}

function refusePath(): void {
  throw notFound();
}

/** Parses the query; hides what the token's scopes do not show, and refuses the includes that they do not open. */
function readQuery(state: SandboxState, request: Request, type: ResourceType, token: Token): ReadQuery {
  const search = new URLSearchParams(request.originalUrl.split('?')[1] ?? '');
  const query = parseReadQuery(search, type, (kind, name) => state.withdrawnFields.has(`${kind}.${name}`));
  if (includesType(query.include, type, 'address')) requireScope(token, 'campaigns.members.address');
  if (!token.scopes.includes('campaigns.members[email]')) hideField(query, 'member', 'email');
  if (type !== 'user' || !token.scopes.includes('identity[email]')) hideField(query, 'user', 'email');
  return query;
}

function answerIdentity({ world, grants }: SandboxState, { token, query, response }: Read): void {
  const user = world.get('user', token.userId);
  if (user === undefined) throw unauthorized();
  if (query.include.has('campaign')) requireScope(token, 'campaigns');
  const sendsAll = token.scopes.includes('identity.memberships');
  const clientOwner = grants.client(token.clientId)?.ownerId;
  const isShown = (membership: Resource): boolean => {
    const campaign = world.related(membership, 'campaign');
    const isOne = campaign !== null && !Array.isArray(campaign);
    return sendsAll || (isOne && world.population.ownerOf(campaign.id) === clientOwner);
  };
  const reader: ResourceReader = {
    attributes: (resource) => world.attributes(resource),
    related: (resource, relationship) => {
      const related = world.related(resource, relationship);
      return relationship === 'memberships' && Array.isArray(related) ? related.filter(isShown) : related;
    },
  };
  sendJson(response, 200, singleDocument(reader, user, query));
}

function answerCampaigns(state: SandboxState, { token, query, response }: Read): void {
  const { world } = state;
  const own = world.campaigns().filter(({ id }) => world.population.ownerOf(id) === token.userId);
  const page = (offset: number, count: number): Resource[] => own.slice(offset, offset + count);
  const list = { name: `campaign ${token.userId}`, total: own.length, most: MAX_CAMPAIGNS, page };
  sendJson(response, 200, listDocument(world, listPage(state, response, list, query), query));
}

function ownCampaign({ world }: SandboxState, token: Token, id: string): Resource {
  const campaign = world.campaign(id);
  if (campaign === undefined) throw resourceMissing('campaign', id);
  if (world.population.ownerOf(id) !== token.userId) throw viewForbidden('campaign', id);
  return campaign;
}

function answerMembers(state: SandboxState, { token, query, response, id }: Read): void {
  const campaign = ownCampaign(state, token, id);
  const most = query.include.has('pledge_history') ? MAX_MEMBERS_WITH_HISTORY : MAX_MEMBERS;
  const page = listPage(state, response, listOf(state, 'member', campaign.id, most), query);
  sendJson(response, 200, listDocument(state.world, page, query));
}

/** The posts of somebody else's campaign are an empty list, not a refusal. */
function answerPosts(state: SandboxState, { token, query, response, id }: Read): void {
  if (state.world.campaign(id) === undefined) throw resourceMissing('campaign', id);
  const isOwn = state.world.population.ownerOf(id) === token.userId;
  const page = isOwn
    ? listPage(state, response, listOf(state, 'post', id, MAX_POSTS), query)
    : { resources: [], next: null, total: 0 };
  sendJson(response, 200, listDocument(state.world, page, query));
}

function listOf({ world }: SandboxState, type: ListedType, campaignId: string, most: number): List {
  return {
    name: `${type} ${campaignId}`,
    total: world.count(type, campaignId),
    most,
    page: (offset, count) => world.page(type, campaignId, offset, count),
  };
}

function answerMember({ world }: SandboxState, { token, query, response, id }: Read): void {
  sendJson(response, 200, singleDocument(world, visible(world, token, 'member', id), query));
}

function answerPost({ world }: SandboxState, { token, query, response, id }: Read): void {
  sendJson(response, 200, singleDocument(world, visible(world, token, 'post', id), query));
}

/** A member or post of the token's own campaigns; public posts of others can be read as well. */
function visible(world: SandboxState['world'], token: Token, type: ListedType, id: string): Resource {
  const resource = world.get(type, id);
  const campaignId = world.campaignIdOf(type, id);
  if (resource === undefined || campaignId === undefined) throw resourceMissing(type, id);
  const isOwn = world.population.ownerOf(campaignId) === token.userId;
  const isPublic = type === 'post' && world.attributes(resource).is_public === true;
  if (!isOwn && !isPublic) throw viewForbidden(type, id);
  return resource;
}
