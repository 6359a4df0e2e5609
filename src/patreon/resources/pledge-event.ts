import { z } from 'zod';
import { integer, line, timestamp, word } from '../attributes';
import { parseAttributes, type ResourceObject } from '../document';

/** One entry of a member's pledge history. Its id has the form `type:number`. */
export const pledgeEventAttributes = z.object({
  /** `pledge_start`, `pledge_upgrade`, `pledge_downgrade`, `pledge_delete`; `subscription` is a periodic charge. */
  type: word,
  date: timestamp,
  /** In minor units of `currency_code`: the currency the patron pays in, which need not be the campaign's. */
  amount_cents: integer,
  currency_code: word,
  /** Of the charge behind the event, words as `member.last_charge_status`; null for events that charge nothing. */
  payment_status: word,
  /** Of the pledge: `queued`, `pending`, `valid`, `declined`, `fraud`, `disabled`; may be null or empty. */
  pledge_payment_status: word,
  /** May name a tier that has been deleted since. */
  tier_id: line,
  /** Title of the tier at that time. */
  tier_title: line,
});

export interface PledgeEvent extends z.infer<typeof pledgeEventAttributes> {
  id: string;
}

export function mapPledgeEvent(resource: ResourceObject): PledgeEvent {
  return { id: resource.id, ...parseAttributes(pledgeEventAttributes, resource) };
}
