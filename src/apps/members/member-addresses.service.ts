import type { Context } from '../../context';
import { ConflictError } from '../../errors';
import { type SecretBox, SecretUnreadableError } from '../../lib/secret-box';
import { type Actor, recordAudit } from '../accounts/audit.service';
import { MemberAction } from './member-action.model';
import { MemberAddress } from './member-address.model';

/** Patreon's attributes of a postal address. */
export interface Address {
  addressee: string | null;
  line_1: string | null;
  line_2: string | null;
  city: string | null;
  state: string | null;
  postal_code: string | null;
  country: string | null;
  phone_number: string | null;
  created_at: string | null;
}

export interface Reveal {
  memberId: number;
  /** The words of whoever looks; kept in the audit log alone, which owners read. */
  reason: string;
  actor: Actor;
}

/**
 * Opens a member's postal address for one look, which the audit log and the member's timeline keep. Undefined when there
 * is none. @throws ConflictError when the key that sealed it is not configured any more.
 */
export async function revealAddress(
  context: Context,
  { memberId, reason, actor }: Reveal,
): Promise<Address | undefined> {
  return context.knex.transaction(async (trx) => {
    const row = await MemberAddress.findByMember(memberId, trx);
    if (!row) return undefined;
    const address = openAddress(context.secrets, row);
    const subject = { type: 'member', id: memberId };
    await recordAudit(trx, { ...actor, action: 'member.address_revealed', subject, details: { reason } });
    await MemberAction.record(trx, { memberId, staffId: actor.staffId, action: 'address.revealed' });
    return address;
  });
}

/** @throws ConflictError */
export function openAddress(secrets: SecretBox, row: MemberAddress): Address {
  try {
    return JSON.parse(secrets.open(row.address, `member_addresses|address|${row.member_id}`)) as Address;
  } catch (error) {
    if (!(error instanceof SecretUnreadableError)) throw error;
    throw new ConflictError(
      'This address was encrypted with a key that is not configured any more. Ask the operator to add it.',
    );
  }
}
