import { z } from 'zod';
import { plainText } from '../../http/parse';
import type { DeparturePlace } from './sync-departure.model';
import { RESOURCES } from './sync-run.model';

const PLACE = /^(?<campaign>[1-9]\d{0,8})\.(?<resource>[a-z]+)\.(?<id>.{1,200})$/s;

const placeSchema = z.object({ campaign: z.coerce.number(), resource: z.enum(RESOURCES), id: plainText });

/** Where a page of departures goes on, from its address; the first page for anything that is no such place. */
export function departurePlace(text: unknown): DeparturePlace | undefined {
  const { data } = placeSchema.safeParse(typeof text === 'string' ? PLACE.exec(text)?.groups : undefined);
  return data && { campaignId: data.campaign, resource: data.resource, patreonId: data.id };
}

const runIdSchema = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);

/** The run before which a page of the list begins; undefined, the newest, for anything that is no run. */
export function runBefore(text: unknown): number | undefined {
  return runIdSchema.safeParse(text).data;
}
