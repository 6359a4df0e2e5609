import type { Context } from '../../context';
import type { PatreonClient } from '../../patreon/client';
import type { Member, Post } from '../../patreon/resources';
import type { ListResource } from './list-resource';
import { memberStore } from './member-store';
import { postStore } from './post-store';

export interface ListedCampaign {
  /** Our row id. */
  id: number;
  patreonId: string;
}

const PLEDGE_HISTORY = 'pledge_history';

export function membersList(context: Context, client: PatreonClient, campaign: ListedCampaign): ListResource<Member> {
  return {
    ...memberStore(context, campaign.id),
    async fetch(page, { count, omitted }, { skipsUnchanged }) {
      const pledgeHistory = !omitted.includes(PLEDGE_HISTORY);
      const answer = await client.listMembers(campaign.patreonId, {
        ...page,
        count: count ?? undefined,
        pledgeHistory,
        ...(skipsUnchanged && { unchanged: (records) => unchangedMembers(context, campaign.id, records) }),
      });
      return { ...answer, omitted: pledgeHistory ? answer.omitted : [PLEDGE_HISTORY] };
    },
    requestAfter(head, { omitted }) {
      // What was too heavy for this page would be for the next: begin that where this one ended.
      const isTooHeavy = !omitted.includes(PLEDGE_HISTORY) && head.omitted.includes(PLEDGE_HISTORY);
      return isTooHeavy ? { count: null, omitted: [PLEDGE_HISTORY] } : { count: head.requestedCount, omitted };
    },
    readOne: (id, signal) => client.getMember(id, { signal }),
  };
}

/** Those that are live and were stored from these very bytes. */
async function unchangedMembers(
  { knex }: Context,
  campaignId: number,
  records: readonly { id: string; digest: string }[],
): Promise<ReadonlySet<string>> {
  if (records.length === 0) return new Set();
  const { rows } = await knex.raw(
    `select m.patreon_id
       from unnest(:ids::text[], :digests::text[]) as r(patreon_id, digest)
       join patreon_members m on m.campaign_id = :campaignId and m.patreon_id = r.patreon_id
      where m.digest = decode(r.digest, 'hex') and m.gone_at is null`,
    { campaignId, ids: records.map((r) => r.id), digests: records.map((r) => r.digest) },
  );
  return new Set((rows as { patreon_id: string }[]).map((r) => r.patreon_id));
}

export function postsList(client: PatreonClient, campaign: ListedCampaign): ListResource<Post> {
  return {
    ...postStore(campaign.id),
    fetch: (page) => client.listPosts(campaign.patreonId, page),
    requestAfter: (_head, request) => request,
    readOne: (id, signal) => client.getPost(id, { signal }),
  };
}
