import type { Context } from '../../context';
import { PlannedChange } from './planned-change.model';

/** What about plans needs somebody; each counted up to 10,000. */
export interface PlanProblems {
  /** They wait although the day on which they were to be done is over. */
  overdue: number;
  /** Patreon says something that is neither what it said nor what is wanted. */
  conflict: number;
}

export async function countPlanProblems({ knex }: Context): Promise<PlanProblems> {
  const [overdue, conflict] = await Promise.all([
    PlannedChange.countMatching({ isOverdue: true }, knex),
    PlannedChange.countMatching({ isOverdue: false, isPossible: true, state: 'conflict' }, knex),
  ]);
  return { overdue: overdue.count, conflict: conflict.count };
}
