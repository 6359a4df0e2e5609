import type { Knex } from 'knex';
import type { Context } from '../../context';
import { AuditEntry } from './audit-entry.model';

/** The person or program behind a change, handed to every service that makes one. */
export interface Actor {
  /** `staff:12`, `cli:deploy`, `system` or `anonymous`. */
  actor: string;
  staffId?: number;
  requestId?: string;
}

export interface AuditRecord extends Actor {
  /** Noun and past participle: `staff.disabled`. */
  action: string;
  subject?: { type: string; id: string | number };
  /** Ids, field names and states; never an e-mail, a name, a note or a secret, because entries outlive erasure. */
  details?: Record<string, unknown>;
}

export const SYSTEM: Actor = { actor: 'system' };
export const ANONYMOUS: Actor = { actor: 'anonymous' };

/** A request's actor: the signed-in person, or nobody. */
export function actorOf(req: { staff: { id: number } | null; requestId: string }): Actor {
  const { staff, requestId } = req;
  return staff ? { actor: `staff:${staff.id}`, staffId: staff.id, requestId } : { ...ANONYMOUS, requestId };
}

/** Adds an entry. Given a transaction, the entry exists exactly if the change does. */
export async function recordAudit(
  target: Pick<Context, 'knex'> | Knex,
  { actor, staffId, requestId, action, subject, details = {} }: AuditRecord,
): Promise<void> {
  const db = typeof target === 'function' ? target : target.knex;
  await AuditEntry.query(db).insert({
    actor,
    staff_id: staffId ?? null,
    action,
    subject_type: subject?.type ?? null,
    subject_id: subject === undefined ? null : String(subject.id),
    details,
    request_id: requestId ?? null,
  });
}
