export const MEMBERSHIP_KINDS = [
  'paying',
  'pending',
  'declined',
  'former',
  'gift',
  'trial',
  'free',
  'unknown',
] as const;
export type MembershipKind = (typeof MEMBERSHIP_KINDS)[number];

/** The attributes of a Patreon member that decide its kind; column names of `patreon_members`. */
export interface KindAttributes {
  patron_status: string | null;
  last_charge_status: string | null;
  is_gifted: boolean | null;
  is_free_trial: boolean | null;
  /** Patreon's ids of the tiers that the member may see now; decides entitlement, the amount never does. */
  currently_entitled_tiers: readonly string[];
}

export interface AccessAttributes extends KindAttributes {
  last_charge_date: string | null;
  next_charge_date: string | null;
  /** Months between charges. */
  pledge_cadence: number | null;
}

/** Why a member is of its kind: the key of a sentence in the catalogue and what to put into it. */
export interface KindReason {
  kind: MembershipKind;
  key: string;
  vars: { status: string; charge: string; tiers: number };
  /** Until when a former member's access lasts (ISO time), where the dates that Patreon sent tell it. */
  accessUntil: string | null;
}

/**
 * What a membership is, by the first rule that holds. Pure and total: a status word that nobody knows yet makes the
 * kind `unknown`. Source: Patreon API v2, Member (the combinations of statuses that have been seen).
 */
export function membershipKind(member: KindAttributes): MembershipKind {
  const { patron_status: status, last_charge_status: charge } = member;
  if (isGift(member)) return 'gift';
  if (member.is_free_trial === true || charge === 'Free Trial') return 'trial';
  switch (status) {
    case 'declined_patron':
      return 'declined';
    case 'former_patron':
      return 'former';
    case 'active_patron':
      return charge === null || charge === 'Pending' ? 'pending' : 'paying';
    case null:
      return 'free';
    default:
      return 'unknown';
  }
}

/**
 * The kinds that members of this status can be of, by the rule above; `none` stands for null. Any of them may be
 * `unknown`: the status that is kept may be older than the last answer.
 */
export function kindsOfStatus(status: string): MembershipKind[] {
  switch (status) {
    case 'active_patron':
      return ['gift', 'trial', 'pending', 'paying', 'unknown'];
    case 'declined_patron':
      return ['gift', 'trial', 'declined', 'unknown'];
    case 'former_patron':
      return ['gift', 'trial', 'former', 'unknown'];
    case 'none':
      return ['gift', 'trial', 'free', 'unknown'];
    default:
      return ['gift', 'trial', 'unknown'];
  }
}

function isGift(member: KindAttributes): boolean {
  const isEntitled = member.currently_entitled_tiers.length > 0 || member.patron_status === 'active_patron';
  return member.is_gifted === true && isEntitled;
}

/** The sentence (namespace `members`) that tells a reader which rule decided, on what, and what would change it. */
export function explainKind(member: AccessAttributes, now: Date): KindReason {
  const kind = membershipKind(member);
  const accessUntil = kind === 'former' ? paidUntil(member, now) : null;
  return {
    kind,
    key: `members:why.${kind}.${ruleOf(kind, member, accessUntil)}`,
    vars: {
      status: member.patron_status ?? 'null',
      charge: member.last_charge_status ?? 'null',
      tiers: member.currently_entitled_tiers.length,
    },
    accessUntil,
  };
}

function ruleOf(kind: MembershipKind, member: AccessAttributes, accessUntil: string | null): string {
  const hasTiers = member.currently_entitled_tiers.length > 0;
  switch (kind) {
    case 'gift':
      return hasTiers ? 'tier' : 'active';
    case 'trial':
      return member.is_free_trial === true ? 'flag' : 'charge';
    case 'declined':
      return hasTiers ? 'entitled' : 'ended';
    case 'former':
      if (!hasTiers) return 'ended';
      return accessUntil === null ? 'running' : 'until';
    case 'pending':
      return member.last_charge_status === null ? 'uncharged' : 'charging';
    case 'free':
      return member.is_gifted === true ? 'giftEnded' : 'neverPledged';
    case 'paying':
    case 'unknown':
      return 'status';
  }
}

/**
 * End of the period that a former member has paid for, if they still have tiers. Patreon sends no such date: a next
 * charge that it still names, else the last successful charge and the months it pays for; null when neither lies ahead.
 */
function paidUntil(member: AccessAttributes, now: Date): string | null {
  if (member.currently_entitled_tiers.length === 0) return null;
  const isAhead = (iso: string | null) => iso !== null && Date.parse(iso) > now.getTime();
  if (isAhead(member.next_charge_date)) return member.next_charge_date;
  if (member.last_charge_status !== 'Paid' || member.last_charge_date === null || !member.pledge_cadence) return null;
  const until = addMonths(member.last_charge_date, member.pledge_cadence);
  return isAhead(until) ? until : null;
}

/** Calendar months in UTC; the last day of a shorter month stands for the days that it lacks. */
function addMonths(iso: string, months: number): string | null {
  const at = new Date(iso);
  const day = at.getUTCDate();
  at.setUTCDate(1);
  at.setUTCMonth(at.getUTCMonth() + months);
  if (Number.isNaN(at.getTime())) return null;
  at.setUTCDate(Math.min(day, new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate()));
  return at.toISOString();
}
