import { crc32 } from 'node:zlib';
import { DAY, dateTime, HOUR, MINUTE } from '../clock';
import { firstOfMonth, type PledgeEventType, sameDayNextYear } from '../generated/pledge-history';
import { Random } from '../generated/random';
import type { Attributes } from '../resource';

/** Chances of one day, from what a campaign sees in a month. */
const CANCELS = 0.04 / 30;
const UPGRADES = 0.015 / 30;
const STARTS_TO_PAY = 0.01 / 30;
const RECOVERS = 0.1;
/** The chance of one charge. */
const DECLINES = 0.05;

export interface LifeTier {
  id: string;
  title: string;
  cents: number;
  /** Whether it can be chosen now; those who hold a retired one keep it. */
  isOffered: boolean;
}

export interface LivedEvent {
  type: PledgeEventType;
  at: number;
  cents: number;
  tier: LifeTier | undefined;
  paymentStatus: string | null;
  pledgeStatus: string;
}

export type Happening = 'renewals' | 'declines' | 'recoveries' | 'upgrades' | 'cancellations' | 'starts' | 'endings';

/** What a member is before a day; `live` changes it. */
export interface MemberState {
  id: string;
  attributes: Attributes;
  entitledTiers: string[];
  /** What they pledged for, which a declined charge does not forget. */
  chosenTier: string | undefined;
}

const cents = (state: MemberState): number => Number(state.attributes.will_pay_amount_cents ?? 0);

const timeOf = (state: MemberState, name: string): number => Date.parse(String(state.attributes[name]));

/** Lets one member live, day after day. The same member of the same seed always does the same on the same day. */
export class MemberLife {
  readonly events: LivedEvent[] = [];
  private readonly hash: number;

  constructor(
    readonly state: MemberState,
    /** The cheapest first. */
    private readonly tiers: readonly LifeTier[],
    private readonly seed: number,
  ) {
    this.hash = crc32(state.id);
  }

  /** `midnight` starts the day. Undefined when nothing happens. */
  live(midnight: number): Happening | undefined {
    const random = new Random(this.seed, this.hash, midnight / DAY);
    const at = midnight + 7 * HOUR + random.int(0, 119) * MINUTE;
    const { patron_status, is_gifted, is_free_trial } = this.state.attributes;
    if (patron_status === 'active_patron' && cents(this.state) > 0) return this.liveAsPatron(at, random);
    if (patron_status === 'declined_patron') return this.liveAsDebtor(at, random);
    if (patron_status === 'former_patron') return this.liveAsFormer(at);
    const isFree = patron_status === null && !is_gifted && !is_free_trial;
    return isFree && random.chance(STARTS_TO_PAY) ? this.start(at) : undefined;
  }

  /** A first pledge, for the cheapest tier that costs anything. */
  start(at: number): Happening | undefined {
    const tier = this.tiers.find((one) => one.isOffered && one.cents > 0);
    if (tier === undefined) return undefined;
    this.pledge(tier);
    Object.assign(this.state.attributes, { pledge_cadence: 1, pledge_relationship_start: dateTime(at) });
    this.pay('pledge_start', at);
    return 'starts';
  }

  private liveAsPatron(at: number, random: Random): Happening | undefined {
    if (timeOf(this.state, 'next_charge_date') <= at) return this.charge(at, random);
    const luck = random.next();
    if (luck < CANCELS) return this.cancel(at);
    return luck < CANCELS + UPGRADES ? this.upgrade(at) : undefined;
  }

  private charge(at: number, random: Random): Happening {
    if (!random.chance(DECLINES)) {
      this.pay('subscription', at);
      return 'renewals';
    }
    this.add('subscription', at, 'Declined', 'declined');
    this.lose({ patron_status: 'declined_patron', last_charge_date: dateTime(at), last_charge_status: 'Declined' });
    this.state.attributes.next_charge_date = dateTime(firstOfMonth(at, 1));
    return 'declines';
  }

  private liveAsDebtor(at: number, random: Random): Happening | undefined {
    if (timeOf(this.state, 'next_charge_date') <= at) {
      this.cancel(at);
      this.lose({});
      return 'endings';
    }
    if (cents(this.state) === 0 || !random.chance(RECOVERS)) return undefined;
    this.pay('subscription', at);
    return 'recoveries';
  }

  /** Those who cancelled keep what they paid for until its time is over. */
  private liveAsFormer(at: number): Happening | undefined {
    const { entitledTiers, attributes } = this.state;
    const isOver =
      attributes.pledge_cadence === 12
        ? !(this.afterCharge(timeOf(this.state, 'last_charge_date')) > at)
        : new Date(at).getUTCDate() === 1;
    if (entitledTiers.length === 0 || attributes.is_gifted || !isOver) return undefined;
    this.lose({});
    return 'endings';
  }

  private cancel(at: number): Happening {
    this.add('pledge_delete', at, null, 'disabled');
    const ended = { patron_status: 'former_patron', next_charge_date: null, will_pay_amount_cents: 0 };
    Object.assign(this.state.attributes, ended);
    return 'cancellations';
  }

  private upgrade(at: number): Happening | undefined {
    const tier = this.tiers.find((one) => one.isOffered && one.cents > cents(this.state));
    const isMovable = this.state.chosenTier !== undefined && this.state.attributes.pledge_cadence === 1;
    if (tier === undefined || !isMovable) return undefined;
    this.pledge(tier);
    this.state.attributes.currently_entitled_amount_cents = tier.cents;
    this.state.entitledTiers = [tier.id];
    this.add('pledge_upgrade', at, null, 'valid');
    return 'upgrades';
  }

  private pledge(tier: LifeTier): void {
    this.state.chosenTier = tier.id;
    this.state.attributes.will_pay_amount_cents = tier.cents;
  }

  private pay(type: PledgeEventType, at: number): void {
    const { state } = this;
    const amount = cents(state);
    const lifetime = Number(state.attributes.campaign_lifetime_support_cents ?? 0) + amount;
    Object.assign(state.attributes, {
      patron_status: 'active_patron',
      campaign_lifetime_support_cents: lifetime,
      lifetime_support_cents: lifetime,
      currently_entitled_amount_cents: amount,
      last_charge_date: dateTime(at),
      last_charge_status: 'Paid',
      next_charge_date: dateTime(this.afterCharge(at)),
    });
    if (state.chosenTier !== undefined) state.entitledTiers = [state.chosenTier];
    this.add(type, at, 'Paid', 'valid');
  }

  private lose(attributes: Attributes): void {
    Object.assign(this.state.attributes, attributes, { currently_entitled_amount_cents: 0 });
    this.state.entitledTiers = [];
  }

  /** When the charge after this one is due. */
  private afterCharge(at: number): number {
    return this.state.attributes.pledge_cadence === 12 ? sameDayNextYear(at) : firstOfMonth(at, 1);
  }

  private add(type: PledgeEventType, at: number, paymentStatus: string | null, pledgeStatus: string): void {
    const tier = this.tiers.find(({ id }) => id === this.state.chosenTier);
    this.events.push({ type, at, cents: cents(this.state), tier, paymentStatus, pledgeStatus });
  }
}
