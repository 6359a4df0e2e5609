import type { Context } from '../../context';
import { ValidationError } from '../../errors';
import { ANONYMOUS, recordAudit } from './audit.service';
import { hashPassword, needsRehash, verifyPassword } from './password.service';
import type { SignInAttempt, SignInLimits } from './sign-in-limits.service';
import { Staff } from './staff.model';

export interface Credentials extends SignInAttempt {
  password: string;
  requestId: string;
}

/**
 * The person whose e-mail and password these are. Unknown, disabled and mistaken people get the same answer in the same
 * time. @throws ValidationError, TooManyRequestsError, UnavailableError.
 */
export async function authenticate(context: Context, limits: SignInLimits, credentials: Credentials): Promise<Staff> {
  const { email, password, requestId } = credentials;
  await limits.admit(credentials);
  const staff = await Staff.findByEmail(email, context.knex);
  const matches = await verifyPassword(staff?.password_hash, password);
  if (!staff || !matches || staff.disabled_at !== null) {
    await recordAudit(context, {
      ...ANONYMOUS,
      requestId,
      action: 'sign_in.refused',
      subject: staff && { type: 'staff', id: staff.id },
    });
    throw new ValidationError({ form: 'accounts:errors.signIn' });
  }
  await limits.clear(credentials);
  await renewHash(context, staff, password);
  return staff;
}

/** Written down when the session has been opened, whatever opened it. */
export async function recordSignIn(
  context: Context,
  staff: Staff,
  { by, requestId }: { by: 'password' | 'link' | 'setup'; requestId: string },
): Promise<void> {
  await context.knex.transaction(async (trx) => {
    await Staff.query(trx).findById(staff.id).patch({ last_sign_in_at: context.clock.now().toISOString() });
    await recordAudit(trx, {
      actor: `staff:${staff.id}`,
      staffId: staff.id,
      requestId,
      action: 'sign_in.succeeded',
      subject: { type: 'staff', id: staff.id },
      details: { by },
    });
  });
}

/** The moment of signing in is the only one at which a password can be hashed at today's cost. */
async function renewHash(context: Context, staff: Staff, password: string): Promise<void> {
  if (!staff.password_hash || !needsRehash(staff.password_hash)) return;
  const renewed = await hashPassword(password);
  // Only over the hash that was compared: a password that was changed in between stays changed.
  await Staff.query(context.knex)
    .where({ id: staff.id, password_hash: staff.password_hash })
    .patch({ password_hash: renewed });
}
