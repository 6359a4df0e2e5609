import { DroppedNames } from '../patreon/dropped-names';
import { MEMBERS_SELECTION } from '../patreon/selection';

interface MembersDocument {
  data: unknown[];
  meta: { pagination: { cursors: { next: string | null } } };
}

export interface PatreonAccess {
  url: string;
  accessToken: string;
}

const API = '/api/oauth2/v2/campaigns';

/** Reads every page of members exactly as the sync asks for it, parses it and throws it away. */
export async function readAllMembers({ url, accessToken }: PatreonAccess): Promise<{ members: number; pages: number }> {
  const headers = { Authorization: `Bearer ${accessToken}`, 'User-Agent': 'Patrondesk bench' };
  const read = async <T>(path: string): Promise<T> => {
    const answer = await fetch(url + path, { headers });
    if (!answer.ok) throw new Error(`The sandbox answered ${answer.status}.`);
    return JSON.parse(await answer.text()) as T;
  };
  const campaigns = await read<{ data: { id: string }[] }>(API);
  const query = new URLSearchParams({ ...new DroppedNames().query(MEMBERS_SELECTION), 'page[count]': '500' });
  let members = 0;
  let pages = 0;
  for (let next: string | null = ''; next !== null; pages += 1) {
    if (next !== '') query.set('page[cursor]', next);
    const page: MembersDocument = await read(`${API}/${campaigns.data[0]?.id}/members?${query}`);
    members += page.data.length;
    next = page.meta.pagination.cursors.next;
  }
  return { members, pages };
}
