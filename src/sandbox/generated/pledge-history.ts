import { DAY, HOUR, MINUTE, SECOND } from '../clock';
import type { CampaignPlan } from './campaign-plan';
import { type MemberCard, TIER } from './member-cases';
import type { Random } from './random';

export type PledgeEventType = 'pledge_start' | 'pledge_upgrade' | 'pledge_downgrade' | 'pledge_delete' | 'subscription';

/** One event before it is put into the patron's currency. */
export interface PledgeEntry {
  type: PledgeEventType;
  at: number;
  /** Minor units of the campaign's currency. */
  cents: number;
  tier: number | null;
  paymentStatus: string | null;
  pledgeStatus: string;
}

export interface PledgeHistory {
  /** Start of the latest unbroken membership; for people who never pledged, the day they joined. */
  joinedAt: number;
  /** Oldest first. */
  entries: PledgeEntry[];
}

const HISTORY_DAYS = 548;
const YEARLY_DISCOUNT = 0.9;

/** Outcomes seldom seen in the middle of a history; none of them leaves money with the creator. */
const RARE_STATUSES = ['Refunded', 'Refunded by Patreon', 'Partially Refunded', 'Fraud', 'Other'];

export const yearlyPrice = (monthlyCents: number): number => Math.round(monthlyCents * 12 * YEARLY_DISCOUNT);

/** Midnight of the first day of the month, `months` away from the month of `at`. */
export function firstOfMonth(at: number, months = 0): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
}

export function sameDayNextYear(at: number, years = 1): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear() + years, date.getUTCMonth(), date.getUTCDate());
}

const moment = (random: Random): number => 7 * HOUR + random.int(0, 120) * MINUTE + random.int(0, 59) * SECOND;

function entry(
  type: PledgeEventType,
  at: number,
  cents: number,
  tier: number | null,
  status: string | null,
): PledgeEntry {
  return { type, at, cents, tier, paymentStatus: status, pledgeStatus: PLEDGE_STATUSES[status ?? ''] ?? 'valid' };
}

const PLEDGE_STATUSES: Record<string, string> = {
  Pending: 'pending',
  Declined: 'declined',
  Deleted: 'disabled',
  Fraud: 'fraud',
};

/** Writes the history of one member, from their first pledge up to the plan's anchor. */
export class PledgeHistoryWriter {
  private readonly entries: PledgeEntry[] = [];

  constructor(
    private readonly plan: CampaignPlan,
    private readonly card: MemberCard,
    private readonly random: Random,
  ) {}

  write(): PledgeHistory {
    const joinedAt = this.joinedAt();
    this.writeEntries(joinedAt);
    return { joinedAt, entries: this.entries.sort((a, b) => a.at - b.at) };
  }

  private get anchor(): number {
    return this.plan.anchor;
  }

  private price(tier: number | null): number {
    return tier === null ? 0 : (this.plan.prices[tier] ?? 0);
  }

  private joinedAt(): number {
    const earliest = this.anchor - HISTORY_DAYS * DAY;
    const latest = this.anchor - this.youngestAge();
    const oldest = this.card.memberCase === 'free_trial' ? this.anchor - 6 * DAY : earliest;
    const recent = this.card.memberCase === 'not_yet_charged' ? this.anchor - 20 * DAY : oldest;
    // The square root makes a growing campaign: later months bring more people.
    return Math.round(recent + Math.sqrt(this.random.next()) * (latest - recent));
  }

  /** How long the member must have been there for their case to be possible. */
  private youngestAge(): number {
    switch (this.card.memberCase) {
      case 'charge_pending':
      case 'declined':
      case 'cancelled_running':
        return this.anchor - this.lastChargeDay() + 3 * DAY;
      case 'cancelled_over':
        return 75 * DAY;
      case 'refunded':
        return 5 * DAY;
      default:
        return HOUR;
    }
  }

  /** The last first-of-month whose charges are over at the anchor. */
  private lastChargeDay(): number {
    const first = firstOfMonth(this.anchor);
    return this.anchor - first > 6 * DAY ? first : firstOfMonth(this.anchor, -1);
  }

  private writeEntries(joinedAt: number): void {
    const tier = this.card.chosenTier;
    const cents = this.price(tier);
    switch (this.card.memberCase) {
      case 'free':
      case 'gift':
        return;
      case 'free_trial':
        if (this.card.lastChargeStatus) this.add('pledge_start', joinedAt, cents, tier, this.card.lastChargeStatus);
        return;
      case 'not_yet_charged':
        this.entries.push({ ...entry('pledge_start', joinedAt, cents, tier, null), pledgeStatus: 'queued' });
        return;
      case 'refunded':
        this.add('pledge_start', joinedAt, cents, tier, 'Refunded');
        this.cancel(joinedAt + 2 * DAY + this.random.int(0, 20) * HOUR, cents, tier);
        return;
      case 'paying_yearly':
        this.writeYears(joinedAt, yearlyPrice(cents), tier);
        return;
      case 'custom_amount':
        this.writeMonths(joinedAt, this.anchor, this.customAmount());
        return;
      default:
        this.writeMonthlyMembership(joinedAt, cents);
    }
  }

  private writeMonthlyMembership(joinedAt: number, cents: number): void {
    const { memberCase, chosenTier } = this.card;
    if (memberCase === 'paying_monthly') {
      this.writeMonths(joinedAt, this.anchor, cents);
      return;
    }
    if (memberCase === 'cancelled_over') {
      this.writeEndedMembership(joinedAt, cents);
      return;
    }
    const lastCharge = this.lastChargeDay() + moment(this.random);
    if (memberCase === 'cancelled_running') {
      this.writeMonths(joinedAt, lastCharge, cents);
      this.cancel(lastCharge + this.random.next() * (this.anchor - lastCharge), cents, chosenTier);
      return;
    }
    this.writeMonths(joinedAt, this.lastChargeDay() - DAY, cents);
    this.add('subscription', lastCharge, cents, chosenTier, memberCase === 'declined' ? 'Declined' : 'Pending');
    if (memberCase === 'declined') this.add('subscription', lastCharge + 3 * DAY, cents, chosenTier, 'Declined');
  }

  private writeEndedMembership(joinedAt: number, cents: number): void {
    const { chosenTier, lastChargeStatus } = this.card;
    const endsAt = joinedAt + 20 * DAY + this.random.next() * (this.anchor - 45 * DAY - joinedAt - 20 * DAY);
    this.writeMonths(joinedAt, endsAt, cents);
    this.cancel(endsAt, cents, chosenTier);
    if (lastChargeStatus !== 'Deleted') return;
    this.add('subscription', firstOfMonth(endsAt, 1) + moment(this.random), cents, chosenTier, 'Deleted');
  }

  private writeYears(joinedAt: number, cents: number, tier: number | null): void {
    this.add('pledge_start', joinedAt, cents, tier, 'Paid');
    for (let year = 1; ; year += 1) {
      const at = sameDayNextYear(joinedAt, year) + moment(this.random);
      if (at > this.anchor) return;
      this.add('subscription', at, cents, tier, 'Paid');
    }
  }

  /** A start, then a charge on each first of the month up to `until`; some people change their tier on the way. */
  private writeMonths(joinedAt: number, until: number, cents: number): void {
    const tier = this.card.chosenTier;
    const change = this.tierChange(joinedAt, until);
    const before = change === null ? tier : change.from;
    this.add('pledge_start', joinedAt, change === null ? cents : this.price(before), before, 'Paid');
    let isChanged = change === null;
    for (let month = 1; ; month += 1) {
      const at = firstOfMonth(joinedAt, month) + moment(this.random);
      if (change !== null && !isChanged && (at > change.at || at > until)) {
        const type = this.price(before) < cents ? 'pledge_upgrade' : 'pledge_downgrade';
        this.add(type, change.at, cents, tier, null);
        isChanged = true;
      }
      if (at > until) return;
      const isLast = firstOfMonth(at, 1) + 10 * HOUR > until;
      this.charge(at, isChanged ? cents : this.price(before), isChanged ? tier : before, isLast, until);
    }
  }

  private tierChange(joinedAt: number, until: number): { at: number; from: number } | null {
    const { chosenTier } = this.card;
    const isSettled = chosenTier === null || chosenTier === TIER.UNPUBLISHED || until - joinedAt < 40 * DAY;
    if (!this.random.chance(0.15) || isSettled) return null;
    const from = this.random.pick([TIER.FIRST, TIER.SECOND, TIER.LIMITED].filter((tier) => tier !== chosenTier));
    return { at: Math.round(joinedAt + DAY + this.random.next() * (until - joinedAt - 2 * DAY)), from };
  }

  private charge(at: number, cents: number, tier: number | null, isLast: boolean, until: number): void {
    const luck = this.random.next();
    if (luck < 0.03 && at + 2 * DAY <= until) {
      this.add('subscription', at, cents, tier, 'Declined');
      this.add('subscription', at + 2 * DAY, cents, tier, 'Paid');
    } else if (luck > 0.997 && !isLast) {
      this.add('subscription', at, cents, tier, this.random.pick(RARE_STATUSES));
    } else {
      this.add('subscription', at, cents, tier, 'Paid');
    }
  }

  private customAmount(): number {
    const unit = this.plan.prices[TIER.FIRST] ?? 300;
    return Math.round((unit * this.random.int(2, 40)) / 6);
  }

  private add(type: PledgeEventType, at: number, cents: number, tier: number | null, status: string | null): void {
    this.entries.push(entry(type, Math.floor(at / SECOND) * SECOND, cents, tier, status));
  }

  private cancel(at: number, cents: number, tier: number | null): void {
    this.add('pledge_delete', at, cents, tier, null);
    const last = this.entries.at(-1);
    if (last) last.pledgeStatus = 'disabled';
  }
}
