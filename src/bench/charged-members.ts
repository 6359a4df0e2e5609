interface Identifier {
  type: string;
  id: string;
}

interface Member extends Identifier {
  attributes: Record<string, unknown>;
  relationships: Record<string, { data: Identifier[] }>;
}

interface MembersPage {
  data: Member[];
  included: (Identifier & { attributes: Record<string, unknown> })[];
}

const AMOUNT = 500;
const DATE = '2026-11-21T08:00:00.000+00:00';

/** Lets every hundredth member of a page have paid: other figures, and one more event in the history. */
export function chargeOneInAHundred(body: string, counted: { seen: number; charged: number }): string {
  const page = JSON.parse(body) as MembersPage;
  for (const member of page.data) {
    counted.seen += 1;
    if (counted.seen % 100 !== 0) continue;
    counted.charged += 1;
    charge(member, page);
  }
  return JSON.stringify(page);
}

function charge(member: Member, page: MembersPage): void {
  const { attributes } = member;
  attributes.campaign_lifetime_support_cents = Number(attributes.campaign_lifetime_support_cents ?? 0) + AMOUNT;
  attributes.last_charge_date = DATE;
  const event = { type: 'pledge-event', id: `subscription:bench-${member.id}` };
  member.relationships.pledge_history?.data.push(event);
  page.included.push({
    ...event,
    attributes: {
      type: 'subscription',
      date: DATE,
      amount_cents: AMOUNT,
      currency_code: 'USD',
      payment_status: 'Paid',
      pledge_payment_status: 'valid',
      tier_id: null,
      tier_title: null,
    },
  });
}
