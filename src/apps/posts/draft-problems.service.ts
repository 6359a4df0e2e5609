import type { Knex } from 'knex';
import { NOT_SEEN_SQL, TO_HAND_OFF_SQL, UNSURE_SQL } from './draft-lateness';

/**
 * Why drafts need somebody. `toHandOff`: the hour that was planned is over; `notSeen`: handed off, and a day later still
 * not on Patreon; `unsure`: staff have to say which post it became.
 */
export type DraftProblem = 'toHandOff' | 'notSeen' | 'unsure';

export interface DraftProblemCount {
  reason: DraftProblem;
  count: number;
  /** One of them. */
  draftId: number;
}

/** How many live drafts need somebody, for each reason that there is. Campaigns that are gone have no plans any more. */
export async function countDraftProblems(knex: Knex, now: Date): Promise<DraftProblemCount[]> {
  const { rows } = await knex.raw<{ rows: { reason: DraftProblem; count: number; draft_id: number }[] }>(
    `select reason, count(*) as count, min(id) as draft_id
       from (
         select d.id,
                case when d.state <> 'handed_off' then 'toHandOff'
                     when o.is_offered then 'unsure' else 'notSeen' end as reason
           from post_drafts d
           join patreon_campaigns c on c.id = d.campaign_id and c.gone_at is null,
                lateral (select ${UNSURE_SQL} as is_offered) o
          where d.deleted_at is null
            and (${TO_HAND_OFF_SQL} or (d.state = 'handed_off' and (o.is_offered or ${NOT_SEEN_SQL})))
       ) waiting
      group by reason order by reason desc`,
    { now: now.toISOString() },
  );
  return rows.map(({ reason, count, draft_id }) => ({ reason, count: Number(count), draftId: Number(draft_id) }));
}
