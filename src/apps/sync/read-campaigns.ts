import type { Page } from '../../patreon/client';
import type { Campaign } from '../../patreon/resources';
import { type ReadInterval, stamped } from './read-stamps';
import type { SyncSession } from './sync-session';

export type CampaignsPage = Page<Campaign> & ReadInterval;

/** More pages than any account has campaigns: a server that answers for ever must not keep us for ever. */
const MAX_PAGES = 50;

/** The campaigns that a connection can read, page by page; there is hardly ever a second one. */
export async function readCampaigns(session: SyncSession): Promise<CampaignsPage[]> {
  const pages: CampaignsPage[] = [];
  const cursors = new Set<string>();
  let cursor: string | null = null;
  do {
    const page: CampaignsPage = await readPage(session, cursor);
    pages.push(page);
    cursor = page.items.length > 0 ? page.nextCursor : null;
    if (cursor !== null && cursors.has(cursor)) break;
    if (cursor !== null) cursors.add(cursor);
  } while (cursor !== null && pages.length < MAX_PAGES);
  return pages;
}

function readPage(session: SyncSession, cursor: string | null): Promise<CampaignsPage> {
  return session.read((signal) => stamped(session.context, () => session.client.listCampaigns({ cursor, signal })));
}
