import type { Knex } from 'knex';
import { UNSURE_SQL } from './draft-lateness';
import type { DraftState } from './draft-states';

/** What somebody has to do something about, in the order of a post's life; `unsure` as in the filter of the list. */
const WAITING = ['in_review', 'ready', 'unsure', 'drifted'] as const satisfies readonly (DraftState | 'unsure')[];
export type WaitingState = (typeof WAITING)[number];

export interface WaitingCount {
  state: WaitingState;
  count: number;
  /** Counting stopped there: at least so many. */
  isCapped: boolean;
}

const MOST_COUNTED = 1_000;

/** How many drafts wait in each of these states; those in which none does are left out. */
export async function countWaitingDrafts(knex: Knex): Promise<WaitingCount[]> {
  const { rows } = await knex.raw<{ rows: { state: WaitingState; count: number }[] }>(
    `select w.state, n.count
       from unnest(:states::text[]) with ordinality as w (state, place),
            lateral (select count(*) as count from (
              select from post_drafts d
               where d.deleted_at is null
                 and d.state = case w.state when 'unsure' then 'handed_off' else w.state end
                 and (w.state <> 'unsure' or ${UNSURE_SQL})
               limit :most) counted) n
      where n.count > 0
      order by w.place`,
    { states: [...WAITING], most: MOST_COUNTED },
  );
  return rows.map(({ state, count }) => ({ state, count: Number(count), isCapped: Number(count) >= MOST_COUNTED }));
}
