import { z } from 'zod';
import { line, timestamp } from '../attributes';
import { parseAttributes, type ResourceObject } from '../document';

/** Where a member wants parcels sent. Needs the scope `campaigns.members.address`. Every part may be null. */
export const addressAttributes = z.object({
  addressee: line,
  line_1: line,
  line_2: line,
  city: line,
  state: line,
  postal_code: line,
  /** ISO 3166 code of two letters in all samples. */
  country: line,
  phone_number: line,
  created_at: timestamp,
});

export interface Address extends z.infer<typeof addressAttributes> {
  id: string;
}

export function mapAddress(resource: ResourceObject): Address {
  return { id: resource.id, ...parseAttributes(addressAttributes, resource) };
}
