import { DAY, dateTime, HOUR } from '../clock';
import { expiryAfter, type ImageAddresses } from '../image-addresses';
import type { Attributes, Json, Related, Resource } from '../resource';
import { type CampaignPlan, ids } from './campaign-plan';
import { TIER } from './member-cases';
import { hexHash } from './person';
import { Random } from './random';

export interface PostSurroundings {
  plan: CampaignPlan;
  images: ImageAddresses;
  now(): number;
  campaign(): Resource;
  creator(): Resource;
}

const SUBJECTS = [
  'Heron study',
  'Letter from the workshop',
  'Inking the river map',
  'Behind the lantern',
  'Questions & answers',
  'Paper stocks compared',
  'A walk to the salt marsh',
  'Drafts that did not make it',
  'Printing day 🎉',
  'Le carnet d’hiver',
];

const PARAGRAPHS = [
  'Process notes, with the mistakes left in.',
  'Thank you for <strong>every</strong> message this month &amp; last.',
  'The second proof came back with the greens too warm, so we went again.',
  'There is a longer piece on this in the archive, see <a href="https://example.com/archive">the list</a>.',
  'Next week: the coast road, weather permitting.',
];

const VIDEO = 'https://www.youtube.com/watch?v=EXAMPLEVIDEO';

const EMBED = {
  description: 'A short tour of the studio.',
  html: null,
  provider: 'YouTube',
  provider_url: 'https://www.youtube.com',
  subject: 'Studio tour',
  url: VIDEO,
};

/** One of the ways in which posts are limited; `tiers` is empty on posts for all patrons, too. */
interface Audience {
  isPublic: boolean;
  tiers: number[];
}

const AUDIENCES: Audience[] = [
  { isPublic: true, tiers: [] },
  { isPublic: false, tiers: [TIER.FIRST, TIER.SECOND, TIER.LIMITED] },
  { isPublic: false, tiers: [TIER.SECOND, TIER.LIMITED] },
  { isPublic: false, tiers: [] },
  { isPublic: true, tiers: [] },
  { isPublic: false, tiers: [TIER.LIMITED] },
  { isPublic: false, tiers: [TIER.FIRST, TIER.SECOND, TIER.LIMITED, TIER.UNPUBLISHED] },
];

const HISTORY_DAYS = 548;

/** The posts' dates ascend with their index: Patreon lists the oldest first. */
function publishedAt(plan: CampaignPlan, index: number, random: Random): number {
  const gap = (HISTORY_DAYS * DAY) / Math.max(1, plan.posts);
  const at = plan.anchor - HISTORY_DAYS * DAY + index * gap + random.next() * gap * 0.8;
  return gap > DAY ? Math.floor(at / HOUR) * HOUR : Math.floor(at / 1000) * 1000;
}

function content(around: PostSurroundings, id: string, index: number, random: Random): string {
  const first = random.int(0, PARAGRAPHS.length - 1);
  const rotated = [...PARAGRAPHS.slice(first), ...PARAGRAPHS.slice(0, first)];
  const parts = rotated.slice(0, random.int(1, 4)).map((paragraph) => `<p>${paragraph}</p>`);
  if (index % 3 === 0) parts.push('<ul><li>Letters</li><li>Maps</li><li>Two <em>folded</em> plates</li></ul>');
  if (index % 2 === 0) {
    const expires = expiryAfter(around.now(), 14);
    const hash = hexHash(Number(id));
    const source = around.images.signed({ kind: 'post', id, hash, transform: { w: 1080 }, expires });
    // Patreon writes the ampersand of these addresses as an entity.
    parts.push(`<p><img src="${source.replaceAll('&', '&amp;')}"></p>`);
  }
  return parts.join('');
}

const slug = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

export function generatedPost(around: PostSurroundings, index: number): Resource {
  const { plan } = around;
  const related = (relationship: string): Related =>
    relationship === 'campaign' ? around.campaign() : relationship === 'user' ? around.creator() : null;
  const id = ids.post(plan, index);
  return { type: 'post', id, attributes: postAttributes(around, id, index), related };
}

function postAttributes(around: PostSurroundings, id: string, index: number): Attributes {
  const { plan } = around;
  const random = new Random(plan.seed, index, 9);
  const at = publishedAt(plan, index, random);
  const audience = AUDIENCES[index % AUDIENCES.length] ?? { isPublic: true, tiers: [] };
  const hasVideo = index % 11 === 7;
  const title = `${random.pick(SUBJECTS)} ${index + 1}`;
  const page = `${slug(title)}-${id}`;
  const embed: Json = hasVideo ? EMBED : null;
  return {
    app_id: null,
    app_status: null,
    // Native audio and video arrive as a post without content.
    content: index % 17 === 16 ? null : content(around, id, index, random),
    embed_data: embed,
    embed_url: hasVideo ? VIDEO : null,
    is_paid: !plan.isMonthly && index % 2 === 1,
    is_public: audience.isPublic,
    published_at: dateTime(at),
    tiers: audience.tiers.map((tier) => ids.tier(plan, tier)),
    title: index % 29 === 28 ? null : title,
    url: index % 4 === 1 ? `/${plan.vanity}/posts/${page}` : `https://www.patreon.com/posts/${page}`,
  };
}
