import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import type { Context } from '../../context';
import { SignInLink } from './sign-in-link.model';
import { Staff } from './staff.model';

interface NewLink {
  purpose: SignInLink['purpose'];
  /** Null for the set-up link. */
  staffId: number | null;
  ttlSeconds: number;
}

/** Makes the token of a new link and ends the unused ones of the same kind and person. */
export async function issueToken(
  { clock }: Context,
  { purpose, staffId, ttlSeconds }: NewLink,
  trx: Knex.Transaction,
): Promise<string> {
  await SignInLink.discardUnused(purpose, staffId, trx);
  const token = randomBytes(32).toString('base64url');
  await SignInLink.query(trx).insert({
    purpose,
    token_digest: SignInLink.digest(token),
    staff_id: staffId,
    expires_at: new Date(clock.now().getTime() + ttlSeconds * 1000).toISOString(),
  });
  return token;
}

/** An address that signs this person in once and goes on to `next`. */
export async function createSignInLink(
  context: Context,
  staffId: number,
  ttlSeconds: number,
  next = '/patreon/',
): Promise<string> {
  const token = await context.knex.transaction((trx) =>
    issueToken(context, { purpose: 'sign_in', staffId, ttlSeconds }, trx),
  );
  return `${context.config.http.publicUrl}/login/link/?${new URLSearchParams({ token, next })}`;
}

/** Uses a sign-in link up. Undefined when it is unknown, used or over, or the person may not sign in any more. */
export async function takeSignInLink(context: Context, token: string): Promise<Staff | undefined> {
  return context.knex.transaction(async (trx) => {
    const link = await SignInLink.take('sign_in', token, context.clock.now(), trx);
    const staff = link?.staff_id ? await Staff.findById(link.staff_id, trx) : undefined;
    return staff?.disabled_at === null ? staff : undefined;
  });
}
