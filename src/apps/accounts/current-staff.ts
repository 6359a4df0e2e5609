import type { Request, RequestHandler } from 'express';
import type { Context } from '../../context';
import { regenerateSession } from '../../http/session-change';
import { Staff } from './staff.model';

const ABSOLUTE_LIMIT_MS = 12 * 3_600_000;

/**
 * Reads the signed-in person anew for each request, so that a changed role, a disabled account or a changed password
 * counts at once in every process. A session that is over is left behind and the request goes on as nobody's.
 */
export function currentStaff(context: Context): RequestHandler {
  return async (req, _res, next) => {
    req.staff = null;
    if (req.session?.staffId === undefined) return next();
    const staff = await staffOfSession(req, context);
    if (staff) req.staff = pick(staff);
    else await regenerateSession(req);
    next();
  };
}

async function staffOfSession(req: Request, context: Context): Promise<Staff | null> {
  const { staffId, epoch, signedInAt } = req.session;
  if (staffId === undefined || signedInAt === undefined) return null;
  if (context.clock.now().getTime() - signedInAt >= ABSOLUTE_LIMIT_MS) return null;
  const staff = await Staff.findById(staffId, context.knex);
  return staff && staff.disabled_at === null && staff.session_epoch === epoch ? staff : null;
}

const pick = ({ id, email, name, role, theme, locale }: Staff) => ({ id, email, name, role, theme, locale });
