import { dateTime } from '../clock';
import type { ImageAddresses } from '../image-addresses';
import type { Attributes, Related, Resource } from '../resource';
import { type CampaignPlan, CURRENCIES, convert, ids } from './campaign-plan';
import { type MemberCard, TIER } from './member-cases';
import { memberId } from './member-id';
import { emailFor } from './names';
import { addressAttributes, nameOf, type Person, userAttributes } from './person';
import { firstOfMonth, type PledgeEntry, PledgeHistoryWriter, sameDayNextYear, yearlyPrice } from './pledge-history';
import { Random } from './random';

/** What a member's resources need from the campaign they belong to. */
export interface MemberSurroundings {
  plan: CampaignPlan;
  images: ImageAddresses;
  campaign(): Resource;
  tier(position: number): Resource;
}

const NOTES = [
  'Prefers the letter by post.',
  'Met at the winter fair 🎪',
  'Asked for larger print.\nSecond line of the note.',
  'Sends recordings now and then; credit as “A.”',
];

/** One member with everything that hangs on them; all of it follows from the plan and the index. */
export class GeneratedMember implements Resource {
  readonly type = 'member';
  readonly id: string;
  readonly attributes: Attributes;
  private readonly card: MemberCard;
  private readonly person: Person;
  private readonly entries: PledgeEntry[];
  private readonly currency: string;
  private readonly hasAddress: boolean;

  constructor(
    private readonly around: MemberSurroundings,
    private readonly index: number,
  ) {
    const { plan } = around;
    const random = new Random(plan.seed, index);
    this.card = plan.deck.card(index);
    this.id = memberId(plan.seed, index);
    const history = new PledgeHistoryWriter(plan, this.card, random).write();
    this.entries = history.entries;
    this.currency = random.chance(0.18) ? random.pick(CURRENCIES) : plan.currency;
    this.hasAddress = random.chance(this.card.chosenTier === TIER.LIMITED ? 0.9 : 0.06) && !this.card.isHidden;
    this.person = {
      id: ids.user(plan, index),
      name: nameOf(plan.seed, index, random),
      joinedAt: history.joinedAt,
      hasDiscord: this.card.entitledTiers.some((tier) => tier !== TIER.FREE) && random.chance(0.4),
    };
    this.attributes = this.memberAttributes(history.joinedAt, random);
  }

  related(relationship: string): Related {
    switch (relationship) {
      case 'address':
        return this.hasAddress ? this.address() : null;
      case 'campaign':
        return this.around.campaign();
      case 'currently_entitled_tiers':
        return this.card.entitledTiers.map((tier) => this.around.tier(tier));
      case 'pledge_history':
        return this.entries.map((entry, position) => this.pledgeEvent(entry, position));
      case 'user':
        return this.card.isHidden ? null : this.user();
      default:
        return null;
    }
  }

  user(): Resource {
    const { plan, images } = this.around;
    const related = (relationship: string): Related => (relationship === 'memberships' ? [this] : null);
    return { type: 'user', id: this.person.id, attributes: userAttributes(this.person, plan.seed, images), related };
  }

  address(): Resource {
    const { plan } = this.around;
    const related = (relationship: string): Related =>
      relationship === 'user' ? this.user() : [this.around.campaign()];
    const attributes = addressAttributes(this.person, plan.seed);
    return { type: 'address', id: ids.address(plan, this.index), attributes, related };
  }

  private memberAttributes(joinedAt: number, random: Random): Attributes {
    const isHidden = this.card.isHidden ?? false;
    const lifetime = this.lifetimeCents();
    const { last_charge_date, last_charge_status } = this.lastCharge();
    return {
      campaign_lifetime_support_cents: lifetime,
      currently_entitled_amount_cents: this.entitledCents(),
      email: isHidden || random.chance(0.03) ? null : emailFor(this.person.name, this.index),
      full_name: isHidden ? (random.chance(0.5) ? '' : null) : this.person.name.full,
      is_follower: false,
      is_free_trial: this.card.memberCase === 'free_trial',
      is_gifted: this.card.memberCase === 'gift',
      last_charge_date,
      last_charge_status,
      lifetime_support_cents: lifetime,
      next_charge_date: this.nextChargeDate(joinedAt),
      note: isHidden ? null : random.chance(0.06) ? random.pick(NOTES) : '',
      patron_status: this.patronStatus(),
      pledge_cadence: this.cadence(),
      pledge_relationship_start: relationshipStart(joinedAt, random),
      will_pay_amount_cents: this.isCharged() ? this.pledgedCents() : 0,
    };
  }

  private patronStatus(): string | null {
    const { memberCase, isActive } = this.card;
    if (isActive) return 'active_patron';
    if (memberCase === 'declined') return 'declined_patron';
    return memberCase === 'free' || memberCase === 'gift' ? null : 'former_patron';
  }

  private cadence(): number | null {
    const { memberCase } = this.card;
    if (memberCase === 'free' || memberCase === 'gift' || memberCase === 'free_trial') return null;
    return memberCase === 'paying_yearly' ? 12 : 1;
  }

  /** Whether another charge is to come. */
  private isCharged(): boolean {
    const { memberCase, isActive } = this.card;
    return memberCase === 'declined' || (isActive && memberCase !== 'gift' && memberCase !== 'free_trial');
  }

  private pledgedCents(): number {
    const { memberCase, chosenTier } = this.card;
    if (memberCase === 'custom_amount') return this.entries[0]?.cents ?? 0;
    const price = chosenTier === null ? 0 : (this.around.plan.prices[chosenTier] ?? 0);
    return memberCase === 'paying_yearly' ? yearlyPrice(price) : price;
  }

  private entitledCents(): number {
    const { memberCase, entitledTiers } = this.card;
    if (memberCase === 'custom_amount') return this.pledgedCents();
    const paidTiers = entitledTiers.filter((tier) => tier !== TIER.FREE);
    return memberCase === 'gift' || paidTiers.length === 0 ? 0 : this.pledgedCents();
  }

  private lifetimeCents(): number {
    let cents = 0;
    for (const entry of this.entries) if (entry.paymentStatus === 'Paid') cents += entry.cents;
    return cents;
  }

  private lastCharge(): { last_charge_date: string | null; last_charge_status: string | null } {
    const last = this.entries.findLast((entry) => entry.paymentStatus !== null);
    return last === undefined
      ? { last_charge_date: null, last_charge_status: null }
      : { last_charge_date: dateTime(last.at), last_charge_status: last.paymentStatus };
  }

  private nextChargeDate(joinedAt: number): string | null {
    if (!this.isCharged()) return null;
    const { anchor } = this.around.plan;
    if (this.card.memberCase !== 'paying_yearly') return dateTime(firstOfMonth(anchor, 1));
    let years = 1;
    while (sameDayNextYear(joinedAt, years) <= anchor) years += 1;
    return dateTime(sameDayNextYear(joinedAt, years));
  }

  private pledgeEvent(entry: PledgeEntry, position: number): Resource {
    const { plan } = this.around;
    const tier = entry.tier === null ? null : this.around.tier(entry.tier);
    const attributes = {
      amount_cents: convert(entry.cents, plan.currency, this.currency),
      currency_code: this.currency,
      date: dateTime(entry.at),
      payment_status: entry.paymentStatus,
      pledge_payment_status: entry.pledgeStatus,
      tier_id: tier?.id ?? null,
      tier_title: tier?.attributes.title ?? null,
      type: entry.type,
    };
    const related = (relationship: string): Related =>
      relationship === 'tier' ? tier : relationship === 'patron' ? this.related('user') : this.around.campaign();
    return {
      type: 'pledge-event',
      id: `${entry.type}:${ids.pledgeEvent(plan, this.index, position)}`,
      attributes,
      related,
    };
  }
}

/** Patreon's fractions of a second have three digits mostly, sometimes six, sometimes none. */
function relationshipStart(joinedAt: number, random: Random): string {
  const form = random.int(1, 100);
  if (form === 1) return `${new Date(joinedAt).toISOString().slice(0, 19)}+00:00`;
  return form === 2 ? dateTime(joinedAt).replace('+', `${random.int(100, 999)}+`) : dateTime(joinedAt);
}
