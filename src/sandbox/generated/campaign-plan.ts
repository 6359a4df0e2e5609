import { MemberDeck } from './member-cases';
import { mix } from './random';

/** What one generated campaign should be like; everything left out is believable. */
export interface CampaignOptions {
  members?: number;
  posts?: number;
  currency?: string;
  /** false charges per creation. */
  isMonthly?: boolean;
  /** Which of the sandbox's creators owns it, counted from 0. */
  creator?: number;
  name?: string;
}

/** The facts from which all of a campaign's resources are computed. */
export interface CampaignPlan {
  ordinal: number;
  id: string;
  name: string;
  vanity: string;
  creator: number;
  members: number;
  posts: number;
  currency: string;
  isMonthly: boolean;
  seed: number;
  /** The moment at which the history ends, in milliseconds. */
  anchor: number;
  /** Tier prices per month, in minor units of the campaign's currency. */
  prices: readonly number[];
  deck: MemberDeck;
}

const NAMES = [
  'Lantern Harbour',
  'The Quiet Orchard',
  'Tidewater Radio',
  'Paper Moon Theatre',
  'Copper Kettle Games',
  'North Window Press',
  'Small Hours Choir',
  'The Clockwork Garden',
];

const MONTHLY_PRICES = [0, 300, 800, 2500, 1200];

/** Units of a currency for one US dollar; round figures, fixed so that every run agrees. */
const RATES: Record<string, number> = { USD: 1, EUR: 0.9, GBP: 0.8, CAD: 1.4, AUD: 1.5, JPY: 150, BRL: 5.5, SEK: 10 };

export const CURRENCIES = Object.keys(RATES);

/** Converts minor units. Patreon's unit for yen is not documented; a hundredth is taken, as for the others. */
export function convert(cents: number, from: string, to: string): number {
  return from === to ? cents : Math.round((cents * (RATES[to] ?? 1)) / (RATES[from] ?? 1));
}

const slug = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '');

export function planCampaign(options: CampaignOptions, ordinal: number, seed: number, anchor: number): CampaignPlan {
  const name = options.name ?? NAMES[ordinal % NAMES.length] ?? 'Lantern Harbour';
  const currency = options.currency ?? 'USD';
  const isMonthly = options.isMonthly ?? true;
  // Creators price in round figures of their own currency; only currencies of another size need converting.
  const scale = (RATES[currency] ?? 1) >= 5 ? (RATES[currency] ?? 1) : 1;
  const campaignSeed = mix(seed, ordinal);
  return {
    ordinal,
    id: String(9_100_001 + ordinal),
    name,
    vanity: `${slug(name)}${ordinal < NAMES.length ? '' : ordinal}`,
    creator: options.creator ?? 0,
    members: options.members ?? 2500,
    posts: options.posts ?? 60,
    currency,
    isMonthly,
    seed: campaignSeed,
    anchor,
    prices: MONTHLY_PRICES.map((price) => Math.round(price * scale)),
    deck: new MemberDeck(campaignSeed, isMonthly),
  };
}

/** Ids of different campaigns never meet: each campaign has a range of its own. */
export const ids = {
  creator: (creator: number): string => String(51_000_001 + creator),
  tier: (plan: CampaignPlan, tier: number): string => String(7_100_001 + plan.ordinal * 100 + tier),
  benefit: (plan: CampaignPlan, benefit: number): string => String(6_100_001 + plan.ordinal * 100 + benefit),
  post: (plan: CampaignPlan, index: number): string => String(120_000_001 + plan.ordinal * 100_000 + index),
  user: (plan: CampaignPlan, index: number): string => String(100_000_000 + plan.ordinal * 10_000_000 + index),
  address: (plan: CampaignPlan, index: number): string => String(4_000_000 + plan.ordinal * 10_000_000 + index),
  /** Room for 64 events a member. */
  pledgeEvent: (plan: CampaignPlan, index: number, event: number): number =>
    1_000_000_000 * (plan.ordinal + 1) + index * 64 + event,
};
