import type { PatreonClient } from '../../patreon/client';
import { PatreonError } from '../../patreon/patreon-error';

export interface ClientGuard {
  /** Granted scopes; empty while unknown. */
  scopes: readonly string[];
  /** Patreon refused the token although it had just been renewed. */
  onRefused: () => Promise<void>;
}

/**
 * Patreon answers 401 to a missing scope as to a dead token, so what was not granted is not asked for; every other 401
 * that is left after the renewal means that a person has to connect again.
 */
export function guardedClient(client: PatreonClient, { scopes, onRefused }: ClientGuard): PatreonClient {
  async function guarded<T>(scope: string, requestPath: string, read: () => Promise<T>): Promise<T> {
    if (scopes.length > 0 && !scopes.includes(scope)) {
      throw new PatreonError('forbidden', { detail: `the scope ${scope} was not granted`, requestPath });
    }
    try {
      return await read();
    } catch (error) {
      if (error instanceof PatreonError && error.kind === 'unauthorized') await onRefused();
      throw error;
    }
  }
  return {
    getIdentity: (options) => guarded('identity', '/identity', () => client.getIdentity(options)),
    listCampaigns: (options) => guarded('campaigns', '/campaigns', () => client.listCampaigns(options)),
    getCampaign: (id, options) => guarded('campaigns', '/campaigns/{id}', () => client.getCampaign(id, options)),
    listMembers: (id, options) =>
      guarded('campaigns.members', '/campaigns/{id}/members', () => client.listMembers(id, options)),
    getMember: (id, options) => guarded('campaigns.members', '/members/{id}', () => client.getMember(id, options)),
    listPosts: (id, options) =>
      guarded('campaigns.posts', '/campaigns/{id}/posts', () => client.listPosts(id, options)),
    getPost: (id, options) => guarded('campaigns.posts', '/posts/{id}', () => client.getPost(id, options)),
  };
}
