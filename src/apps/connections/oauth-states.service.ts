import { createHash, randomBytes } from 'node:crypto';
import type { Context } from '../../context';

/** Who began the connection, in which browser session. */
export interface StateOwner {
  staffId: number;
  sessionId: string;
}

const LIFETIME_MS = 10 * 60_000;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A state for one trip to Patreon and back. Only its digest is stored. */
export async function createState({ knex, clock }: Context, credentialId: number, owner: StateOwner): Promise<string> {
  const state = randomBytes(32).toString('base64url');
  await knex('oauth_states').insert({
    state_digest: digest(state),
    credential_id: credentialId,
    staff_id: owner.staffId,
    session_digest: digest(owner.sessionId),
    expires_at: new Date(clock.now().getTime() + LIFETIME_MS).toISOString(),
  });
  return state;
}

/** The credential that an unused state of this person and session is for, without using it. */
export async function credentialOfState(context: Context, state: string, owner: StateOwner): Promise<number | null> {
  const row = await usable(context, state, owner).first('credential_id');
  return row?.credential_id ?? null;
}

/** Uses the state up. Null when it is unknown, old, used, or another person's or session's. */
export async function spendState(context: Context, state: string, owner: StateOwner): Promise<number | null> {
  const [row] = await usable(context, state, owner)
    .update({ used_at: context.clock.now().toISOString() })
    .returning('credential_id');
  return row?.credential_id ?? null;
}

function usable({ knex, clock }: Context, state: string, { staffId, sessionId }: StateOwner) {
  return knex('oauth_states')
    .where({ state_digest: digest(state), staff_id: staffId, session_digest: digest(sessionId) })
    .whereNull('used_at')
    .where('expires_at', '>', clock.now().toISOString());
}
