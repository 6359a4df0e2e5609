import { randomInt, randomUUID } from 'node:crypto';
import type { Router } from 'express';
import { dateTime } from './clock';
import { newResourceBody, patchBody } from './control-bodies';
import { ControlError, campaignOf } from './control-error';
import type { Attributes, Related, Resource, ResourceType } from './resource';
import { RESOURCE_TYPES } from './resource-types';
import type { SandboxState } from './state';
import type { Patch } from './world';

const PATCHABLE = new Map<string, ResourceType>([
  ['addresses', 'address'],
  ['benefits', 'benefit'],
  ['campaigns', 'campaign'],
  ['members', 'member'],
  ['posts', 'post'],
  ['tiers', 'tier'],
  ['users', 'user'],
]);

/** A misspelt name would change nothing and look like a mistake of the panel. */
function requireKnownNames(type: ResourceType, { attributes = {}, relationships = {} }: Patch): void {
  const rules = RESOURCE_TYPES[type];
  const unknown = [
    ...Object.keys(attributes).filter((name) => !rules.attributes.includes(name)),
    ...Object.keys(relationships).filter((name) => !Object.hasOwn(rules.relationships, name)),
  ];
  if (unknown.length > 0) throw new ControlError(422, `A ${type} has no ${unknown.join(', ')}.`);
}

/** The control addresses that change what the sandbox answers from then on. */
export function addChanges(router: Router, state: SandboxState): void {
  router.post(['/members', '/posts'], (request, response) => {
    response.status(201).json(addResource(state, request.path.slice(1), request.body));
  });
  router.post('/:types/:id', (request, response, next) => {
    const { types, id } = request.params;
    if (PATCHABLE.has(types)) response.json(changeResource(state, types, id, request.body));
    else next();
  });
}

/** Adds a member or post; `types` is `members` or `posts`. Throws when the body is wrong or the id is taken. */
export function addResource({ world, clock }: SandboxState, types: string, unchecked: unknown): { id: string } {
  const body = newResourceBody.parse(unchecked);
  const type = types === 'members' ? 'member' : 'post';
  requireKnownNames(type, body);
  const campaign = campaignOf(world, body.campaign_id);
  const id = body.id ?? (type === 'member' ? randomUUID() : String(randomInt(1e12, 1e13)));
  if (world.get(type, id) !== undefined) throw new ControlError(409, `There is a ${type} ${id} already.`);
  const defaults = type === 'member' ? newMember(clock.now()) : newPost(clock.now());
  world.add(campaign.id, added(type, id, { ...defaults, ...body.attributes }, campaign), body.position);
  if (body.relationships) world.patch(type, id, { relationships: body.relationships });
  return { id };
}

/** Changes, removes or brings back a resource. Throws when the body is wrong or there is no such resource. */
export function changeResource({ world }: SandboxState, types: string, id: string, unchecked: unknown) {
  const type = PATCHABLE.get(types);
  if (type === undefined) throw new ControlError(404, `There are no ${types} to change.`);
  const { removed, ...patch } = patchBody.parse(unchecked);
  requireKnownNames(type, patch);
  if (removed === false) world.restore(type, id);
  if (world.get(type, id) === undefined) throw new ControlError(404, `There is no ${type} ${id}.`);
  world.patch(type, id, patch);
  if (removed) world.remove(type, id);
  return { id, removed: removed ?? false };
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
