import type { Context } from '../../context';
import { NotFoundError } from '../../errors';
import { recordAudit } from './audit.service';
import { hashPassword } from './password.service';
import { SignInLink } from './sign-in-link.model';
import { issueToken } from './sign-in-links.service';
import { Staff } from './staff.model';

export interface FirstOwner {
  name: string;
  email: string;
  password: string;
}

const LINK_SECONDS = 24 * 3600;

/**
 * The address at which the first owner is made, or null when there is staff already. Each call makes a new link, good
 * for 24 hours, and ends the one before it.
 */
export async function ensureSetupLink(context: Context): Promise<string | null> {
  const token = await context.knex.transaction(async (trx) => {
    if (await Staff.existsAny(trx)) return null;
    return issueToken(context, { purpose: 'setup', staffId: null, ttlSeconds: LINK_SECONDS }, trx);
  });
  return token && `${context.config.http.publicUrl}/setup/?${new URLSearchParams({ token })}`;
}

/** True while the panel has no staff and the token is that of the latest set-up link. */
export async function isSetupOpen({ knex, clock }: Context, token: string): Promise<boolean> {
  if (await Staff.existsAny(knex)) return false;
  return (await SignInLink.findUsable('setup', token, clock.now(), knex)) !== undefined;
}

/**
 * Makes the first owner and uses the link up, both or neither; of two at once one succeeds.
 * @throws NotFoundError when the link is used, over or unknown, or when there is staff.
 */
export async function createFirstOwner(
  context: Context,
  { token, ...owner }: FirstOwner & { token: string },
  requestId: string,
): Promise<Staff> {
  const password_hash = await hashPassword(owner.password);
  return context.knex.transaction(async (trx) => {
    const link = await SignInLink.take('setup', token, context.clock.now(), trx);
    // Against somebody who adds staff from a shell at this very moment.
    await trx.raw('lock table staff in share row exclusive mode');
    if (!link || (await Staff.existsAny(trx))) throw new NotFoundError();
    const { name, email } = owner;
    const staff = await Staff.query(trx).insertAndFetch({ name, email, role: 'owner', password_hash });
    await recordAudit(trx, {
      actor: `staff:${staff.id}`,
      staffId: staff.id,
      requestId,
      action: 'setup.completed',
      subject: { type: 'staff', id: staff.id },
    });
    return staff;
  });
}
