import { z } from 'zod';
import { FAULT_KINDS } from './faults';
import type { Attributes, Json } from './resource';
import { isScope } from './scopes';

const json: z.ZodType<Json> = z.json();
const attributes: z.ZodType<Attributes> = z.record(z.string(), json);
export const truthQuery = z.object({
  offset: z.coerce.number().int().min(0).default(0),
  count: z.coerce.number().int().min(1).max(1000).default(1000),
  campaign: z.string().optional(),
});
export const tokenBody = z.strictObject({
  scopes: z.array(z.string().refine(isScope, 'is not a scope of API v2')).optional(),
  expires_in: z.number().int().optional(),
  client_id: z.string().optional(),
  user_id: z.string().optional(),
});
export const clientBody = z.strictObject({
  client_id: z.string().min(1).optional(),
  client_secret: z.string().min(1).optional(),
  name: z.string().optional(),
  redirect_uris: z.array(z.url({ protocol: /^https?$/ })).min(1),
});
export const faultBody = z.strictObject({
  match: z.string().regex(/^[A-Z]+ \//, 'must be a method and a path'),
  kind: z.enum(FAULT_KINDS),
  page: z.number().int().min(1).optional(),
  times: z.number().int().min(1).nullable().default(1),
  delay_ms: z.number().int().min(0).optional(),
  retry_after_seconds: z.number().nullable().optional(),
});
export const clockBody = z.strictObject({
  now: z.iso.datetime({ offset: true }).optional(),
  advance_seconds: z.number().optional(),
});
const window = z.strictObject({ requests: z.number().int().min(1), windowMs: z.number().min(1) });
const limitsBody = z.strictObject({ client: window, token: window }).nullable();
export const settingsBody = z.strictObject({
  expires_in: z.number().int().optional(),
  cursor_lifetime_seconds: z.number().min(0).optional(),
  limits: limitsBody.optional(),
  withdrawn_fields: z.array(z.string().regex(/^[a-z-]+\.[a-z_]+$/)).optional(),
});
export const patchBody = z.strictObject({
  attributes: attributes.optional(),
  relationships: z.record(z.string(), z.union([z.array(z.string()), z.string(), z.null()])).optional(),
  removed: z.boolean().optional(),
});
export const newResourceBody = z.strictObject({
  id: z.string().optional(),
  campaign_id: z.string().optional(),
  attributes: attributes.default({}),
  relationships: patchBody.shape.relationships,
});
