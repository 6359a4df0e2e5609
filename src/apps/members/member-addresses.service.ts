import type { Context } from '../../context';
import { ConflictError } from '../../errors';
import { SecretUnreadableError } from '../../lib/secret-box';
import { type Actor, recordAudit } from '../accounts/audit.service';
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

/**
 * Opens a member's postal address for one look, which the audit log keeps. Undefined when there is none.
 * @throws ConflictError when the key that sealed it is not configured any more.
 */
export async function revealAddress(context: Context, memberId: number, actor: Actor): Promise<Address | undefined> {
  return context.knex.transaction(async (trx) => {
    const row = await MemberAddress.findByMember(memberId, trx);
    if (!row) return undefined;
    const address = openAddress(context, row);
    await recordAudit(trx, { ...actor, action: 'member.address_revealed', subject: { type: 'member', id: memberId } });
    return address;
  });
}

function openAddress({ secrets }: Context, row: MemberAddress): Address {
  try {
    return JSON.parse(secrets.open(row.address, `member_addresses|address|${row.member_id}`)) as Address;
  } catch (error) {
    if (!(error instanceof SecretUnreadableError)) throw error;
    throw new ConflictError(
      'This address was encrypted with a key that is not configured any more. Ask the operator to add it.',
    );
  }
}
