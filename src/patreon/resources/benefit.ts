import { z } from 'zod';
import { count, flag, jsonObject, line, text, timestamp, word } from '../attributes';
import { parseAttributes, type ResourceObject } from '../document';

/** Something that tiers of a campaign promise. */
export const benefitAttributes = z.object({
  title: line,
  description: text,
  /** For example `custom` or `discord`. */
  benefit_type: word,
  /** When it falls due, for example `eom_monthly` or `one_time_immediate`; null when it never does. */
  rule_type: word,
  created_at: timestamp,
  /** Time of the next delivery that is due; null when none is. */
  next_deliverable_due_date: timestamp,
  deliverables_due_today_count: count,
  delivered_deliverables_count: count,
  not_delivered_deliverables_count: count,
  /** Tiers that carry the benefit, by Patreon's count. */
  tiers_count: count,
  is_deleted: flag,
  is_ended: flag,
  is_published: flag,
  /** Id of the benefit at a third party; null for benefits of Patreon's own. */
  app_external_id: line,
  /** Settings of that third party; shape is its own. */
  app_meta: jsonObject,
});

export interface Benefit extends z.infer<typeof benefitAttributes> {
  id: string;
}

export function mapBenefit(resource: ResourceObject): Benefit {
  return { id: resource.id, ...parseAttributes(benefitAttributes, resource) };
}
