import type { MembershipKind } from './membership-kind';

/** What a membership is worth a month, in the campaign's minor units; 0 for everybody who is not paying or about to. */
export function monthlyCents(member: {
  kind: MembershipKind;
  /** Of a yearly membership the sum of the year. */
  currently_entitled_amount_cents: number | null;
  /** Months between charges. */
  pledge_cadence: number | null;
}): number {
  if (member.kind !== 'paying' && member.kind !== 'pending') return 0;
  // Patreon leaves the cadence out for some active members (per-creation campaigns); their amount is for one charge,
  // and no cadence can make more than a month's worth of it.
  const months = Math.max(1, member.pledge_cadence ?? 1);
  return Math.round((member.currently_entitled_amount_cents ?? 0) / months);
}
