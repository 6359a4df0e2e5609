import type { Request } from 'express';

declare module 'express-session' {
  interface SessionData {
    /** The columns that the reader chose for the list of members. */
    memberColumns?: string[];
  }
}

/** Who asks for members, and so what may be looked for and sorted by. */
export interface MemberReader {
  seesEmail: boolean;
  seesMoney: boolean;
  seesAddress?: boolean;
  /** Who looks after members is told to those alone who write about them. */
  seesFollowUps?: boolean;
  staffId: number | null;
  /** What relative days count from. */
  now: Date;
  /** The columns that they chose last; undefined for the usual ones. */
  columns?: readonly string[] | undefined;
}

export function memberReader(req: Request, clock: { now(): Date }): MemberReader {
  return {
    seesEmail: req.can('members.email'),
    seesMoney: req.can('money.read'),
    seesAddress: req.can('members.address'),
    seesFollowUps: req.can('members.annotate'),
    staffId: req.staff?.id ?? null,
    now: clock.now(),
    columns: req.session?.memberColumns,
  };
}
