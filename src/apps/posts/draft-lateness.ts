/**
 * Whether the hour of a draft `d` is over at `:now` and nobody handed it off. Ideas are not promised to anybody; and what a
 * post that is live was planned for came true: its revision is late only for a plan of its own, or for one that was still
 * ahead when it was taken back.
 */
export const TO_HAND_OFF_SQL = `(d.state in ('draft', 'in_review', 'ready') and d.planned_for < :now
  and not exists (select from patreon_posts l where l.id = d.post_id and l.published_at >= d.planned_for)
  and not exists (select from post_draft_moves m
                   where m.draft_id = d.id and m.from_state in ('published', 'drifted') and m.moved_at >= d.planned_for))`;

/** Whether a draft `d` was handed off and should have been seen on Patreon by `:now`. */
export const NOT_SEEN_SQL = `(d.state = 'handed_off'
  and greatest(d.planned_for, d.handed_off_at) < :now::timestamptz - interval '1 day')`;

/** Whether staff have to say which post a draft `d` became that was handed off. */
export const UNSURE_SQL = `(d.state = 'handed_off' and exists (
  select from post_draft_candidates o where o.draft_id = d.id and o.refused_at is null))`;
