import type { Page } from 'playwright-core';

/** Answers the path of a page; looks up ids in a list where it needs one. */
type PathOf = (page: Page, url: string) => Promise<string>;

const at =
  (path: string): PathOf =>
  async () =>
    path;

/** The page of the first row of a list, or one below it. */
const first =
  (list: string, path: string, below = ''): PathOf =>
  async (page, url) => {
    await page.goto(`${url}${path}`);
    const id = await page.locator(`[data-list="${list}"] [data-id]`).first().getAttribute('data-id');
    return `${path.split('?')[0]}${id}/${below}`;
  };

const draft = (below = '') => first('drafts', '/patreon/posts/?draft_state=ready', below);
const campaign = (below = '') => first('campaigns', '/patreon/campaigns/', below);

/** Every page of the panel for somebody who is signed in; those of drafts, templates and plans need `fillDesk`. */
export const PAGES = {
  dashboard: at('/patreon/'),
  campaigns: at('/patreon/campaigns/'),
  campaign: campaign(),
  'campaign-members': campaign('members/'),
  'campaign-posts': campaign('posts/'),
  'campaign-tiers': campaign('tiers/'),
  'campaign-statistics': campaign('statistics/'),
  'campaign-sync': campaign('sync/'),
  'campaign-edit': campaign('edit/'),
  'campaign-delete': campaign('delete/'),
  members: at('/patreon/members/'),
  'members-filtered': at('/patreon/members/?kind=paying&sort=-joined&q=a'),
  'members-nobody': at('/patreon/members/?q=nobodyiscalledthis'),
  'members-export': at('/patreon/members/export/?kind=paying'),
  labels: at('/patreon/members/labels/'),
  views: at('/patreon/members/views/'),
  member: first('members', '/patreon/members/?kind=paying'),
  posts: at('/patreon/posts/'),
  post: first('posts', '/patreon/posts/'),
  calendar: at('/patreon/posts/calendar/'),
  draft: draft(),
  'draft-new': campaign('create-post/'),
  'draft-edit': draft('edit/'),
  'draft-plan': draft('plan/'),
  'draft-history': draft('history/'),
  'draft-handoff': draft('handoff/'),
  'draft-delete': draft('delete/'),
  templates: at('/patreon/posts/templates/'),
  template: first('templates', '/patreon/posts/templates/'),
  'template-new': at('/patreon/posts/templates/create/'),
  tiers: at('/patreon/tiers/'),
  tier: first('tiers', '/patreon/tiers/?sort=-amount'),
  'tier-plan': first('tiers', '/patreon/tiers/?sort=-amount', 'edit/'),
  'tier-plan-delete': first('tiers', '/patreon/tiers/?sort=-amount', 'delete/'),
  'tier-plan-new': campaign('tiers/create/'),
  'campaign-plan': campaign('edit/texts/'),
  plans: at('/patreon/plans/'),
  plan: first('plans', '/patreon/plans/'),
  benefits: at('/patreon/benefits/'),
  sync: at('/patreon/sync/'),
  run: first('sync-runs', '/patreon/sync/'),
  status: at('/patreon/api/status/'),
  connect: at('/patreon/oauth/authorize/'),
  credentials: at('/admin/patreon/patreoncredential/'),
  'credential-add': at('/admin/patreon/patreoncredential/add/'),
  'credential-change': first('credentials', '/admin/patreon/patreoncredential/', 'change/'),
  'credential-delete': first('credentials', '/admin/patreon/patreoncredential/', 'delete/'),
  admin: at('/admin/'),
  staff: at('/admin/staff/'),
  audit: at('/admin/audit/'),
  account: at('/account/'),
} as const satisfies Record<string, PathOf>;

export type PageName = keyof typeof PAGES;

export const PAGE_NAMES = Object.keys(PAGES) as PageName[];
