import type { Knex } from 'knex';
import { membershipKind } from '../../src/apps/members/membership-kind';
import { monthlyCents } from '../../src/apps/members/monthly-value';
import type { Context } from '../../src/context';

type Values = Record<string, unknown>;

/** What a paying member looks like; attributes that are not named are null. */
const MEMBER = {
  full_name: 'Sunniva Harrow',
  email: 'sunniva.harrow@example.com',
  patron_status: 'active_patron',
  last_charge_status: 'Paid',
  is_gifted: false,
  is_free_trial: false,
  pledge_cadence: 1,
  currently_entitled_amount_cents: 500,
  currently_entitled_tiers: [] as string[],
};

let made = 0;

/** Inserts members of one campaign in one statement, each with the kind that its attributes make; row ids in the order given. */
export async function insertMembers(knex: Knex, campaignId: number, members: Values[]): Promise<number[]> {
  const rows = members.map((values) => {
    const member = { ...MEMBER, ...values } as typeof MEMBER;
    const kind = membershipKind(member);
    made += 1;
    const ours = { campaign_id: campaignId, patreon_id: `member-${made}`, read_seq: 1 };
    return { ...ours, kind, monthly_cents: monthlyCents({ ...member, kind }), ...member };
  });
  const inserted: { id: number }[] = await knex('patreon_members').insert(rows).returning('id');
  return inserted.map(({ id }) => id);
}

export async function insertMember(knex: Knex, campaignId: number, values: Values = {}): Promise<number> {
  const [id] = await insertMembers(knex, campaignId, [values]);
  return id as number;
}

export async function insertPledgeEvents(
  knex: Knex,
  campaignId: number,
  memberId: number,
  events: Values[],
): Promise<void> {
  const rows = events.map((values) => {
    made += 1;
    return { patreon_id: `subscription:${made}`, read_seq: 1, ...values, campaign_id: campaignId, member_id: memberId };
  });
  await knex('pledge_events').insert(rows);
}

/** Stores an address as a sync does: encrypted for its row. */
export async function insertAddress(
  { knex, secrets }: Context,
  campaignId: number,
  memberId: number,
  address: Values,
): Promise<void> {
  const plain = JSON.stringify(address);
  const place = `member_addresses|address|${memberId}`;
  await knex('member_addresses').insert({
    member_id: memberId,
    campaign_id: campaignId,
    patreon_id: '4000102',
    address: secrets.seal(plain, place),
    address_digest: secrets.digest(plain, place),
    read_seq: 1,
  });
}
