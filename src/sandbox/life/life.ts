import { crc32 } from 'node:zlib';
import { addResource } from '../changes';
import { DAY, dateTime, HOUR } from '../clock';
import { convert } from '../generated/campaign-plan';
import { memberId } from '../generated/member-id';
import { mix, Random } from '../generated/random';
import type { Attributes, Related, Resource } from '../resource';
import type { SandboxState } from '../state';
import { type Happening, type LifeTier, type LivedEvent, MemberLife } from './member-life';

/** A campaign that starts with more members stands still: every one of them would have to be looked at. */
export const MOST_LIVING = 50_000;

const AT_A_TIME = 500;
/** New members a day, as a share of those there are. */
const JOINS = 0.03 / 30;
const JOINS_PAYING = 0.4;
/** What happens on a day has happened by this hour. */
const DAY_IS_DONE = 10 * HOUR;

export type Lived = Record<'days' | 'joins' | Happening, number>;

const nothing = (): Lived => ({
  days: 0,
  joins: 0,
  renewals: 0,
  declines: 0,
  recoveries: 0,
  upgrades: 0,
  cancellations: 0,
  starts: 0,
  endings: 0,
});

const many = (related: Related): Resource[] => (Array.isArray(related) ? related : related === null ? [] : [related]);

/** Lets people live through the days that the clock was moved over. Each day is lived once, in however many steps. */
export class Life {
  constructor(private livedUntil: number) {}

  /** The days up to `now` pass without anything happening. */
  skip(now: number): Lived {
    this.livedUntil = Math.max(this.livedUntil, now);
    return nothing();
  }

  live(state: SandboxState, now: number): Lived {
    const lived = nothing();
    const days: number[] = [];
    const first = Math.ceil((this.livedUntil - DAY_IS_DONE + 1) / DAY) * DAY;
    for (let midnight = first; midnight + DAY_IS_DONE <= now; midnight += DAY) days.push(midnight);
    this.skip(now);
    lived.days = days.length;
    for (const campaign of days.length === 0 ? [] : state.world.campaigns()) {
      if (state.world.population.count('member', campaign.id) <= MOST_LIVING)
        new CampaignLife(state, campaign, lived).live(days);
    }
    return lived;
  }
}

class CampaignLife {
  private readonly seed: number;
  private readonly tiers: LifeTier[];
  /** By how much the numbers of patrons change that campaign and tiers tell. */
  private readonly patronCounts = new Map<Resource, number>();

  constructor(
    private readonly state: SandboxState,
    private readonly campaign: Resource,
    private readonly lived: Lived,
  ) {
    this.seed = crc32(campaign.id);
    this.tiers = many(state.world.related(campaign, 'tiers'))
      .map((tier) => lifeTier(tier.id, state.world.attributes(tier)))
      .sort((a, b) => a.cents - b.cents);
  }

  live(days: readonly number[]): void {
    const { world } = this.state;
    const count = world.count('member', this.campaign.id);
    for (let offset = 0; offset < count; offset += AT_A_TIME) {
      const members = world.page('member', this.campaign.id, offset, Math.min(AT_A_TIME, count - offset));
      for (const member of members) this.liveAs(member, days);
    }
    days.forEach((midnight, position) => {
      for (const member of this.joinOn(midnight)) this.liveAs(member, days.slice(position + 1));
    });
    for (const [resource, difference] of this.patronCounts) {
      const patron_count = Number(world.attributes(resource).patron_count ?? 0) + difference;
      world.patch(resource.type, resource.id, { attributes: { patron_count } });
    }
  }

  private liveAs(member: Resource, days: readonly number[]): void {
    const { world } = this.state;
    const events = many(world.related(member, 'pledge_history')).map((event) => world.attributes(event));
    const entitledTiers = many(world.related(member, 'currently_entitled_tiers')).map(({ id }) => id);
    const chosen = events.findLast(({ tier_id }) => typeof tier_id === 'string')?.tier_id;
    const chosenTier = chosen === undefined ? undefined : String(chosen);
    const attributes = { ...world.attributes(member) };
    const life = new MemberLife({ id: member.id, attributes, entitledTiers, chosenTier }, this.tiers, this.seed);
    let isChanged = false;
    for (const midnight of days) {
      const happening = life.live(midnight);
      if (happening === undefined) continue;
      this.lived[happening] += 1;
      isChanged = true;
    }
    if (isChanged) this.store(member, life);
  }

  private joinOn(midnight: number): Resource[] {
    const { world } = this.state;
    const random = new Random(this.seed, midnight / DAY, 1);
    const expected = world.count('member', this.campaign.id) * JOINS;
    const count = Math.floor(expected) + (random.chance(expected % 1) ? 1 : 0);
    return Array.from({ length: count }, (_, turn) => {
      const id = memberId(mix(this.seed, midnight / DAY), turn);
      const at = midnight + 7 * HOUR + turn;
      const attributes = { full_name: `Newcomer ${id.slice(0, 8)}`, pledge_relationship_start: dateTime(at) };
      addResource(this.state, 'members', { id, campaign_id: this.campaign.id, attributes });
      this.lived.joins += 1;
      const member = world.get('member', id) as Resource;
      if (random.chance(JOINS_PAYING)) this.startPaying(member, at);
      return member;
    });
  }

  private startPaying(member: Resource, at: number): void {
    const attributes = { ...this.state.world.attributes(member) };
    const state = { id: member.id, attributes, entitledTiers: [], chosenTier: undefined };
    const life = new MemberLife(state, this.tiers, this.seed);
    if (life.start(at) !== undefined) this.store(member, life);
  }

  private store(member: Resource, { state, events }: MemberLife): void {
    const { world } = this.state;
    this.countPatron(member, -1);
    world.append('member', member.id, 'pledge_history', this.pledgeEvents(member, events));
    const relationships = { currently_entitled_tiers: state.entitledTiers };
    world.patch('member', member.id, { attributes: state.attributes, relationships });
    this.countPatron(member, 1);
  }

  private countPatron(member: Resource, by: number): void {
    const { world } = this.state;
    const isActive = world.attributes(member).patron_status === 'active_patron';
    const counted = [...many(world.related(member, 'currently_entitled_tiers')), ...(isActive ? [this.campaign] : [])];
    for (const resource of counted) this.patronCounts.set(resource, (this.patronCounts.get(resource) ?? 0) + by);
  }

  /** In the currency in which the patron paid before. */
  private pledgeEvents(member: Resource, events: LivedEvent[]): Resource[] {
    const { world } = this.state;
    const own = String(world.attributes(this.campaign).currency ?? 'USD');
    const former = many(world.related(member, 'pledge_history')).at(-1);
    const currency = former === undefined ? own : String(world.attributes(former).currency_code);
    return events.map((event) => {
      const amount_cents = convert(event.cents, own, currency);
      const attributes = { ...eventAttributes(event), amount_cents, currency_code: currency };
      return { type: 'pledge-event', id: this.eventId(member, event), attributes, related: this.around(member, event) };
    });
  }

  private eventId(member: Resource, { type, at }: LivedEvent): string {
    const hash = crc32(member.id);
    return `${type}:${(mix(hash, at) % 0x1f_ffff) * 0x1_0000_0000 + mix(this.seed, hash, at, 2)}`;
  }

  private around(member: Resource, { tier }: LivedEvent): (relationship: string) => Related {
    const { world } = this.state;
    return (relationship) => {
      if (relationship === 'campaign') return this.campaign;
      if (relationship === 'patron') return world.related(member, 'user');
      return tier === undefined ? null : (world.get('tier', tier.id) ?? null);
    };
  }
}

const lifeTier = (id: string, { title, amount_cents, published }: Attributes): LifeTier => ({
  id,
  title: String(title),
  cents: Number(amount_cents),
  isOffered: published !== false,
});

const eventAttributes = ({ type, at, tier, paymentStatus, pledgeStatus }: LivedEvent): Attributes => ({
  date: dateTime(at),
  payment_status: paymentStatus,
  pledge_payment_status: pledgeStatus,
  tier_id: tier?.id ?? null,
  tier_title: tier?.title ?? null,
  type,
});
