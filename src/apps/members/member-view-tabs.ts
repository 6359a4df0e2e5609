import type { Request } from 'express';
import type { Context } from '../../context';
import { MemberView } from './member-view.model';

/** The views that stand above the list of members. Their numbers are asked for afterwards, so that the list waits for none. */
export async function readViewTabs(req: Request, { knex }: Context, hereQuery: string) {
  const views = req.staff
    ? await MemberView.listTabs({ staffId: req.staff.id, seesEmail: req.can('members.email') }, knex)
    : [];
  return { views, hereQuery, viewCounts: null };
}

/** A list's query as it came in an address; anything else is none. */
export function listQueryOf(value: unknown): string {
  return typeof value === 'string' && value.length <= 4_000 ? value : '';
}
