import type { Context } from '../../context';
import { NotFoundError, ValidationError } from '../../errors';
import type { Locale } from '../../i18n';
import { type Actor, recordAudit } from './audit.service';
import { hashPassword, verifyPassword } from './password.service';
import { passwordProblem } from './password-policy';
import type { SignInLimits } from './sign-in-limits.service';
import { Staff, type Theme } from './staff.model';
import { StaffSession } from './staff-session.model';

export async function updateProfile(
  { knex }: Context,
  id: number,
  profile: { name: string; locale: Locale; theme: Theme },
): Promise<void> {
  await Staff.query(knex).findById(id).patch(profile);
}

export async function changeTheme({ knex }: Context, id: number, theme: Theme): Promise<void> {
  await Staff.query(knex).findById(id).patch({ theme });
}

export interface PasswordChange {
  id: number;
  current_password: string;
  new_password: string;
  /** Where the guess of the current password comes from. */
  address: string;
  limits: SignInLimits;
}

/**
 * Changes one's own password and ends all sessions opened before. Whoever has none yet needs not give the current one.
 * Answers with the epoch that the session at hand must take on to live.
 * @throws ValidationError per field, TooManyRequestsError after several wrong current passwords.
 */
export async function changePassword(
  context: Context,
  { id, address, limits, ...given }: PasswordChange,
  actor: Actor,
): Promise<number> {
  const staff = await Staff.findById(id, context.knex);
  if (!staff) throw new NotFoundError();
  const problem = passwordProblem(given.new_password, staff);
  if (problem) throw new ValidationError({ new_password: `accounts:errors.${problem}` });
  if (staff.password_hash !== null) {
    const attempt = { email: staff.email, address, device: 'password change' };
    await limits.admit(attempt);
    if (!(await verifyPassword(staff.password_hash, given.current_password))) {
      await recordAudit(context, { ...actor, action: 'password.change_refused', subject: { type: 'staff', id } });
      throw new ValidationError({ current_password: 'accounts:errors.currentPassword' });
    }
    await limits.clear(attempt);
  }
  const password_hash = await hashPassword(given.new_password);
  return endSessions(context, staff, { password_hash }, { ...actor, action: 'password.changed' });
}

/** Ends every session of this person but the one at hand, which must take on the epoch that is answered. */
export async function signOutElsewhere(context: Context, id: number, sid: string, actor: Actor): Promise<number> {
  const staff = await Staff.findById(id, context.knex);
  if (!staff) throw new NotFoundError();
  const epoch = await endSessions(context, staff, {}, { ...actor, action: 'sessions.ended' });
  await StaffSession.deleteOthers({ id, sid }, context.knex);
  return epoch;
}

async function endSessions(
  { knex }: Context,
  staff: Staff,
  change: { password_hash?: string },
  entry: Actor & { action: string },
): Promise<number> {
  return knex.transaction(async (trx) => {
    const patched = await staff
      .$query(trx)
      .patch({ ...change, session_epoch: knex.raw('session_epoch + 1') as unknown as number })
      .returning('session_epoch');
    await recordAudit(trx, { ...entry, subject: { type: 'staff', id: staff.id } });
    return (patched as unknown as { session_epoch: number }).session_epoch;
  });
}
