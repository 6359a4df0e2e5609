import { upsertMany } from '../../db/upsert-many';
import type { Post } from '../../patreon/resources';
import type { RecordStore } from './list-resource';
import { postRow } from './mappers/post.mapper';

/** Posts of one campaign. */
export function postStore(campaignId: number): RecordStore<Post> {
  return {
    resource: 'posts',
    type: 'post',
    table: 'patreon_posts',
    store: (trx, { items, dropped, readSeq }) =>
      upsertMany(
        trx,
        { table: 'patreon_posts', key: ['campaign_id', 'patreon_id'], ...(typeof readSeq === 'number' && { readSeq }) },
        items.map((post) => ({
          ...postRow(post, campaignId, dropped),
          ...(typeof readSeq !== 'number' && { read_seq: readSeq.get(post.id) }),
        })),
      ),
  };
}
