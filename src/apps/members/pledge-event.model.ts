import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';

/** One entry of a member's pledge history; its id at Patreon has the form `type:number`. */
export class PledgeEvent extends BaseModel {
  static override tableName = 'pledge_events';
  static override idColumn = ['campaign_id', 'patreon_id'];

  campaign_id!: number;
  member_id!: number;
  patreon_id!: string;
  /** `subscription` is a periodic charge; the other words begin with `pledge_`. */
  type!: string | null;
  date!: string | null;
  /** Minor units of `currency_code`: what the patron pays in, which need not be the campaign's currency. */
  amount_cents!: number | null;
  currency_code!: string | null;
  /** Of the charge behind the event. */
  payment_status!: string | null;
  /** Of the pledge. */
  pledge_payment_status!: string | null;
  /** Patreon's; may name a tier that is deleted since. */
  tier_id!: string | null;
  /** As it was at that time. */
  tier_title!: string | null;
  read_seq!: number;
  first_seen_at!: string;

  /** Newest first. `until` cuts off what happened from that moment on; an undated event counts from when it was seen. */
  static async listByMember(
    memberId: number,
    { limit, until }: { limit: number; until?: string | undefined },
    db: Knex,
  ): Promise<PledgeEvent[]> {
    const query = PledgeEvent.query(db).where('member_id', memberId);
    if (until !== undefined) query.whereRaw('coalesce(date, first_seen_at) < ?', [until]);
    return query.orderByRaw('date desc nulls last, patreon_id desc').limit(limit);
  }

  /** As above, but each undated event in its place; `before` is Patreon's id of the last one already shown. */
  static async listForTimeline(
    memberId: number,
    { limit, before, until }: { limit: number; before?: string | undefined; until?: string | undefined },
    db: Knex,
  ): Promise<PledgeEvent[]> {
    const query = PledgeEvent.query(db).where('member_id', memberId).limit(limit);
    if (until !== undefined) query.whereRaw('coalesce(date, first_seen_at) < ?', [until]);
    if (before !== undefined)
      query.whereRaw(
        `(coalesce(date, first_seen_at), patreon_id) <
           (select coalesce(date, first_seen_at), patreon_id from pledge_events where member_id = ? and patreon_id = ?)`,
        [memberId, before],
      );
    return query.orderByRaw('coalesce(date, first_seen_at) desc, patreon_id desc');
  }
}
