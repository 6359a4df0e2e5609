import { z } from 'zod';
import { NEVER } from './delivery';
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
const strike = {
  match: z.string().regex(/^[A-Z]+ \//, 'must be a method and a path'),
  page: z.number().int().min(1).optional(),
  from_page: z.number().int().min(1).optional(),
  skip: z.number().int().min(0).optional(),
  times: z.number().int().min(1).nullable().default(1),
  probability: z.number().min(0).max(1).optional(),
};
const milliseconds = z.number().int().min(0).max(NEVER);
export const faultBody = z.strictObject({
  ...strike,
  kind: z.enum(FAULT_KINDS),
  delay_ms: milliseconds.optional(),
  bytes_per_second: z.number().min(1).optional(),
  retry_after_seconds: z.union([z.number(), z.string()]).nullable().optional(),
  retry_after_header: z.union([z.number(), z.string()]).optional(),
  count: z.number().int().min(0).optional(),
  keeps_total: z.boolean().optional(),
});
export const releaseBody = z.strictObject({ id: z.number().int().optional() });
export const clockBody = z.strictObject({
  now: z.iso.datetime({ offset: true }).optional(),
  advance_seconds: z.number().optional(),
  life: z.boolean().default(true),
});
const window = z.strictObject({ requests: z.number().int().min(1), windowMs: z.number().min(1) });
const limitsBody = z.strictObject({ client: window, token: window }).nullable();
const countingRule = window.extend({
  per: z.enum(['client', 'token']).default('token'),
  aligned: z.boolean().default(false),
});
export const settingsBody = z.strictObject({
  most_per_page: z.number().int().min(1).nullable().optional(),
  latency_ms: milliseconds.optional(),
  reuse_revokes: z.boolean().optional(),
  windows: z.record(z.string(), countingRule).optional(),
  expires_in: z.number().int().optional(),
  cursor_lifetime_seconds: z.number().min(0).optional(),
  limits: limitsBody.optional(),
  withdrawn_fields: z.array(z.string().regex(/^[a-z-]+\.[a-z_]+$/)).optional(),
});
export type SettingsBody = z.output<typeof settingsBody>;
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
  position: z.enum(['start', 'end']).default('end'),
});
const edit = z.union([
  z.strictObject({ path: z.enum(['/members', '/posts']), body: newResourceBody }),
  z.strictObject({
    path: z.string().regex(/^\/(members|posts|tiers|benefits|campaigns|users|addresses)\/[^/]+$/),
    body: patchBody,
  }),
]);
const people = z.number().int().min(0).max(10_000).optional();
export const mutationBody = z.strictObject({
  ...strike,
  moment: z.enum(['before', 'after']).default('after'),
  campaign_id: z.string().optional(),
  seed: z.number().int().default(1),
  joins: people,
  leaves: people,
  changes: people,
  returns: people,
  edits: z.array(edit).default([]),
});
export type MutationBody = z.output<typeof mutationBody>;
