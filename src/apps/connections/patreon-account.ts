import type { PatreonClient } from '../../patreon/client';
import { WANTED_SCOPES } from '../../patreon/oauth';
import { PatreonError } from '../../patreon/patreon-error';
import type { Campaign, User } from '../../patreon/resources';
import { ConnectionError } from './connection-error';

/** A client that asks for what the scopes allow. */
export type ClientFor = (scopes: readonly string[]) => PatreonClient;

/** Whose token it is, and what can be read with it. */
export interface PatreonAccount {
  user: User;
  campaigns: Campaign[];
}

const ADDRESS_SCOPE = 'campaigns.members.address';
/** Enough members to find an e-mail address among them if there is one to be seen. */
const SAMPLE = 100;

/** @throws ConnectionError `no_campaign` for an account without a page of its own; PatreonError */
export async function readAccount(client: PatreonClient): Promise<PatreonAccount> {
  const { item: user } = await client.getIdentity();
  if (!user)
    throw new PatreonError('invalid_answer', { detail: 'the person cannot be read', requestPath: '/identity' });
  const { items: campaigns } = await client.listCampaigns();
  if (campaigns.length === 0) throw new ConnectionError('no_campaign');
  return { user, campaigns };
}

/**
 * Finds out by trying what a pasted token may read. The webhook scope cannot be tried without changing something, so it
 * is assumed; Creator's Access Tokens have it. @throws PatreonError when Patreon cannot be asked.
 */
export async function tryScopes(clientFor: ClientFor, { user, campaigns }: PatreonAccount): Promise<string[]> {
  const id = campaigns[0]?.id ?? '';
  const lean = clientFor(WANTED_SCOPES.filter((scope) => scope !== ADDRESS_SCOPE));
  const members = await unlessRefused(() => lean.listMembers(id, { count: SAMPLE, pledgeHistory: false }));
  const addresses =
    members &&
    (await unlessRefused(() => clientFor(WANTED_SCOPES).listMembers(id, { count: 1, pledgeHistory: false })));
  const posts = await unlessRefused(() => lean.listPosts(id, { count: 1 }));
  const missing = new Set<string>();
  if (user.email === null) missing.add('identity[email]');
  if (!members) missing.add('campaigns.members');
  if (!members || (members.items.length > 0 && members.items.every(({ email }) => email === null))) {
    missing.add('campaigns.members[email]');
  }
  if (!addresses) missing.add(ADDRESS_SCOPE);
  if (!posts) missing.add('campaigns.posts');
  return WANTED_SCOPES.filter((scope) => !missing.has(scope));
}

async function unlessRefused<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof PatreonError && (error.kind === 'unauthorized' || error.kind === 'forbidden')) return null;
    throw error;
  }
}

/** What people call the page. */
export function campaignLabel({ name, creation_name, vanity, id }: Campaign): string {
  return name || creation_name || vanity || id;
}
