import { UniqueViolationError } from 'objection';
import type { Context } from '../../context';
import { NotFoundError, ValidationError } from '../../errors';
import type { Role } from '../../policy';
import { type Actor, recordAudit } from './audit.service';
import { hashPassword } from './password.service';
import { createSignInLink } from './sign-in-links.service';
import { Staff } from './staff.model';

const INVITATION_SECONDS = 24 * 3600;

export interface NewStaff {
  name: string;
  email: string;
  role: Role;
  /** Without one the person signs in by a link first and chooses a password then. */
  password?: string;
}

/** @throws ValidationError for an e-mail that somebody has already. */
export async function createStaff(context: Context, given: NewStaff, actor: Actor): Promise<Staff> {
  const { name, email, role, password } = given;
  const password_hash = password === undefined ? null : await hashPassword(password);
  try {
    return await context.knex.transaction(async (trx) => {
      const staff = await Staff.query(trx).insertAndFetch({ name, email, role, password_hash });
      await recordAudit(trx, {
        ...actor,
        action: 'staff.created',
        subject: { type: 'staff', id: staff.id },
        details: { role },
      });
      return staff;
    });
  } catch (error) {
    if (error instanceof UniqueViolationError) throw new ValidationError({ email: 'accounts:errors.emailTaken' });
    throw error;
  }
}

/** Adds somebody and answers with the link that signs them in for the first time, good for a day. */
export async function inviteStaff(
  context: Context,
  given: NewStaff,
  actor: Actor,
): Promise<{ staff: Staff; link: string }> {
  const staff = await createStaff(context, given, actor);
  return { staff, link: await createSignInLink(context, staff.id, INVITATION_SECONDS, '/account/') };
}

/** Takes the password away, ends every session and answers with a sign-in link, good for a day. */
export async function resetPassword(
  context: Context,
  id: number,
  actor: Actor,
): Promise<{ staff: Staff; link: string }> {
  const staff = await change(context, id, 'staff.password_reset', actor, (found) => {
    if (found.disabled_at !== null) throw new ValidationError({ form: 'accounts:errors.disabledReset' });
    return { password_hash: null };
  });
  return { staff, link: await createSignInLink(context, id, INVITATION_SECONDS, '/account/') };
}

/** @throws ValidationError when it would take the role from the last owner who can sign in. */
export async function changeRole(context: Context, id: number, role: Role, actor: Actor): Promise<Staff> {
  return change(context, id, 'staff.role_changed', actor, (found) => (found.role === role ? null : { role }), { role });
}

/** @throws ValidationError for the last owner who can sign in. */
export async function disableStaff(context: Context, id: number, actor: Actor): Promise<Staff> {
  const disabled_at = context.clock.now().toISOString();
  return change(context, id, 'staff.disabled', actor, (found) => (found.disabled_at ? null : { disabled_at }));
}

export async function enableStaff(context: Context, id: number, actor: Actor): Promise<Staff> {
  return change(context, id, 'staff.enabled', actor, (found) => (found.disabled_at ? { disabled_at: null } : null));
}

type Change = Partial<Pick<Staff, 'role' | 'disabled_at' | 'password_hash'>>;

/** One change of a person's access: every session of theirs ends with it, so it counts from the next request on. */
async function change(
  context: Context,
  id: number,
  action: string,
  actor: Actor,
  decide: (found: Staff) => Change | null,
  details: Record<string, unknown> = {},
): Promise<Staff> {
  return context.knex.transaction(async (trx) => {
    const owners = await Staff.lockEnabledOwners(trx);
    const found = await Staff.query(trx).findById(id).forUpdate();
    if (!found) throw new NotFoundError();
    const decided = decide(found);
    if (decided === null) return found;
    if (wouldLoseOwner(owners, id, decided)) throw new ValidationError({ form: 'accounts:errors.lastOwner' });
    const changed = await found.$query(trx).patchAndFetch({ ...decided, session_epoch: found.session_epoch + 1 });
    await recordAudit(trx, { ...actor, action, subject: { type: 'staff', id }, details });
    return changed;
  });
}

function wouldLoseOwner(owners: Staff[], id: number, decided: Change): boolean {
  const keepsOwner = (decided.role ?? 'owner') === 'owner' && !decided.disabled_at;
  return !keepsOwner && owners.length === 1 && owners[0]?.id === id;
}
