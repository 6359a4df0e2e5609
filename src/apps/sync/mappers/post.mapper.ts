import type { Row } from '../../../db/upsert-many';
import type { DroppedName } from '../../../patreon/client';
import type { Post } from '../../../patreon/resources';
import { columns, droppedFields } from './told';

/** A row of patreon_posts. */
export function postRow(
  { id, campaign_id, user_id, ...attributes }: Post,
  campaignId: number,
  dropped: readonly DroppedName[],
): Row {
  return {
    campaign_id: campaignId,
    patreon_id: id,
    ...columns(attributes, droppedFields(dropped, 'post')),
    ...(user_id === null ? {} : { user_patreon_id: user_id }),
  };
}
