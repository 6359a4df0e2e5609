import type { AttributeKind } from '../../http/mirrored-attributes';
import type { PatreonPost } from './post.model';

/** Patreon's attributes of a post, in the order in which its page shows them; `content` has a place of its own. */
export const POST_ATTRIBUTES = {
  title: 'text',
  published_at: 'time',
  is_public: 'flag',
  is_paid: 'flag',
  tiers: 'list',
  url: 'url',
  embed_url: 'url',
  embed_data: 'json',
  app_id: 'number',
  app_status: 'text',
} as const satisfies { [K in keyof PatreonPost]?: AttributeKind };
