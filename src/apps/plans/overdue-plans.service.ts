import type { Context } from '../../context';
import { PlannedChange } from './planned-change.model';

/** How many plans wait although the day on which they were to be done is over; counted up to 10,000. */
export async function countOverduePlans({ knex }: Context): Promise<number> {
  const { count } = await PlannedChange.countMatching({ isOverdue: true }, knex);
  return count;
}
