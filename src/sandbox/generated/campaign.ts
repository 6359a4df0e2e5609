import { DAY, dateTime } from '../clock';
import { expiryAfter, type ImageAddresses, PERMANENT } from '../image-addresses';
import type { Attributes, Related, Resource } from '../resource';
import { type CampaignPlan, ids } from './campaign-plan';
import { BENEFITS, type BenefitText, TIERS, type TierText } from './campaign-texts';
import { type MemberCard, TIER } from './member-cases';
import { hexHash, socialConnections } from './person';
import { firstOfMonth } from './pledge-history';

/** The campaign itself, its tiers, its benefits and its creator. */
export class GeneratedCampaign {
  readonly tiers: Resource[];
  readonly benefits: Resource[];
  private cached: { expires: number; resource: Resource } | undefined;

  constructor(
    readonly plan: CampaignPlan,
    private readonly images: ImageAddresses,
    private readonly now: () => number,
    readonly creator: () => Resource,
  ) {
    this.tiers = TIERS.map((text, position) => this.tier(text, position));
    this.benefits = BENEFITS.map((text, position) => this.benefit(text, position));
  }

  /** Its picture addresses expire in two weeks, so it is made anew each day. */
  resource(): Resource {
    const expires = expiryAfter(this.now(), 14);
    if (this.cached?.expires !== expires) {
      const related = (relationship: string): Related => {
        if (relationship === 'creator') return this.creator();
        if (relationship === 'tiers') return this.tiers;
        return relationship === 'benefits' ? this.benefits : [];
      };
      const attributes = this.campaignAttributes(expires);
      this.cached = { expires, resource: { type: 'campaign', id: this.plan.id, attributes, related } };
    }
    return this.cached.resource;
  }

  private count(fulfils: (card: MemberCard) => boolean): number {
    return this.plan.deck.count(this.plan.members, fulfils);
  }

  private get startedAt(): number {
    return this.plan.anchor - 1400 * DAY;
  }

  private campaignAttributes(expires: number): Attributes {
    const { id, name, vanity, currency, isMonthly } = this.plan;
    const picture = (hash: number, transform: Record<string, number>): string =>
      this.images.signed({ kind: 'campaign', id, hash: hexHash(Number(id), hash), transform, expires });
    return {
      created_at: dateTime(this.startedAt),
      creation_name: 'illustrated field guides',
      currency,
      discord_server_id: `30000000000${id}`,
      google_analytics_id: null,
      has_rss: false,
      has_sent_rss_notify: false,
      image_small_url: picture(1, { w: 620 }),
      image_url: picture(2, { w: 1920, we: 1 }),
      is_charged_immediately: isMonthly,
      is_monthly: isMonthly,
      is_nsfw: false,
      main_video_embed: null,
      main_video_url: null,
      name,
      one_liner: null,
      patron_count: this.count((card) => card.isActive),
      pay_per_name: isMonthly ? 'month' : 'creation',
      pledge_url: `/checkout/${vanity}`,
      published_at: dateTime(this.startedAt + DAY),
      rss_artwork_url: null,
      rss_feed_title: null,
      show_earnings: false,
      summary: '<p>Small-press field guides, drawn by hand.</p><br>Letters go out on the <strong>5th</strong>.',
      thanks_embed: null,
      thanks_msg: 'Thank you – the first letter is on its way.',
      thanks_video_url: null,
      url: `https://www.patreon.com/${vanity}`,
      vanity,
    };
  }

  private tier(text: TierText, position: number): Resource {
    const related = (relationship: string): Related => {
      if (relationship === 'campaign') return this.resource();
      if (relationship !== 'benefits') return null;
      return this.benefits.filter((_, benefit) => BENEFITS[benefit]?.tiers.includes(position));
    };
    const attributes = this.tierAttributes(text, position);
    return { type: 'tier', id: ids.tier(this.plan, position), attributes, related };
  }

  private tierAttributes(text: TierText, position: number): Attributes {
    const { plan } = this;
    const id = ids.tier(plan, position);
    const patrons = this.count((card) => card.entitledTiers.includes(position));
    const userLimit = position === TIER.LIMITED ? Math.ceil((patrons + 1) / 25) * 25 : null;
    const retiredAt = position === TIER.UNPUBLISHED ? dateTime(plan.anchor - 400 * DAY + 46_348) : null;
    const createdAt = dateTime(this.startedAt + position * DAY + 10_507);
    const image = { kind: 'reward', id, hash: hexHash(Number(id)), transform: { w: 400 }, expires: PERMANENT } as const;
    return {
      amount_cents: plan.prices[position] ?? 0,
      created_at: createdAt,
      description: text.description,
      discord_role_ids:
        text.discordRoles === 0
          ? null
          : Array.from({ length: text.discordRoles }, (_, role) => `10000000000000000${role + 1}`),
      edited_at: retiredAt ?? dateTime(plan.anchor - (100 + position) * DAY + 28_288),
      image_url: text.hasImage ? this.images.signed(image) : null,
      patron_count: patrons,
      post_count: Math.floor(plan.posts / (position + 1)),
      published: retiredAt === null,
      published_at: retiredAt === null ? createdAt : null,
      remaining: userLimit === null ? null : userLimit - patrons,
      requires_shipping: position === TIER.LIMITED,
      title: text.title,
      unpublished_at: retiredAt,
      url: `/checkout/${plan.vanity}?rid=${id}`,
      user_limit: userLimit,
    };
  }

  private benefit(text: BenefitText, position: number): Resource {
    const related = (relationship: string): Related => {
      if (relationship === 'campaign') return this.resource();
      return relationship === 'tiers' ? this.tiers.filter((_, tier) => text.tiers.includes(tier)) : [];
    };
    const isMonthly = text.rule === 'eom_monthly';
    const attributes = {
      app_external_id: null,
      app_meta: null,
      benefit_type: text.type,
      created_at: dateTime(this.startedAt + 8 * DAY + position * 60_000),
      deliverables_due_today_count: 0,
      delivered_deliverables_count: isMonthly ? 88 : 0,
      description: text.description,
      is_deleted: false,
      is_ended: false,
      is_published: true,
      next_deliverable_due_date: isMonthly ? dateTime(firstOfMonth(this.plan.anchor, 1) - DAY) : null,
      not_delivered_deliverables_count: isMonthly ? 9 : 0,
      rule_type: text.rule,
      tiers_count: text.tiers.length,
      title: text.title,
    };
    return { type: 'benefit', id: ids.benefit(this.plan, position), attributes, related };
  }
}

const CREATORS: [first: string, last: string][] = [
  ['Marlow', 'Quill'],
  ['Imke', 'Sundheim'],
  ['Tobias', 'Fernley'],
];

/** A person who can sign in. `campaign` is theirs, if they have one. */
export function creatorResource(creator: number, images: ImageAddresses, campaign: () => Related): Resource {
  const id = ids.creator(creator);
  const [first, last] = CREATORS[creator % CREATORS.length] ?? ['Marlow', 'Quill'];
  const name = `${first.toLowerCase()}${last.toLowerCase()}${creator < CREATORS.length ? '' : creator}`;
  const picture = (transform: Record<string, number>): string =>
    images.signed({ kind: 'user', id, hash: hexHash(Number(id)), transform, expires: PERMANENT });
  const attributes = {
    about: null,
    can_see_nsfw: null,
    created: dateTime(Date.UTC(2021, 11, 1, 10)),
    email: `${name}@example.com`,
    first_name: first,
    full_name: `${first} ${last}`,
    hide_pledges: null,
    image_url: picture({ w: 400 }),
    is_creator: true,
    is_email_verified: true,
    last_name: last,
    like_count: 0,
    social_connections: socialConnections(null),
    thumb_url: picture({ h: 100, w: 100 }),
    url: `https://www.patreon.com/${name}`,
    vanity: name,
  };
  const related = (relationship: string): Related => (relationship === 'campaign' ? campaign() : []);
  return { type: 'user', id, attributes, related };
}
