import type { Request } from 'express';
import type { Context } from '../../context';
import { ValidationError } from '../../errors';
import { parseListQuery } from '../../http/list-query';
import { listView } from '../../http/view-list';
import { auditFilters } from './audit.schemas';
import { AuditEntry, type AuditFilter } from './audit-entry.model';
import { auditNotes, auditSentence, subjectHref, subjectWord } from './audit-sentences';
import { Staff } from './staff.model';

/** The log's query, checked. @throws ValidationError with a catalogue key for each wrong parameter */
export function readAuditQuery(req: Request) {
  const query = parseListQuery(auditFilters, AuditEntry.sorts, '-at', req.query);
  const { group, staff, subject_type, subject_id, from, to } = query.filters;
  if (subject_id && !subject_type) throw new ValidationError({ subject_id: 'audit:problem.subject' });
  const filter: AuditFilter = { group, staffId: staff, subjectType: subject_type, subjectId: subject_id, from, to };
  return { ...query, filter };
}

/** One page of the log, each entry in words. */
export async function readAuditList(req: Request, { knex }: Context) {
  const query = readAuditQuery(req);
  const [page, total] = await Promise.all([
    AuditEntry.listPage(query.filter, query.order, query.position, knex),
    AuditEntry.countMatching(query.filter, knex),
  ]);
  const view = listView('/admin/audit/', query, page, total);
  const people = await namesOf(page.rows, knex);
  return { ...view, filters: query.filters, rows: page.rows.map((entry) => inWords(req, entry, people)) };
}

async function namesOf(entries: readonly AuditEntry[], knex: Context['knex']): Promise<Map<number, string>> {
  const ids = entries.flatMap((entry) => [
    entry.staff_id,
    entry.subject_type === 'staff' ? Number(entry.subject_id) : null,
  ]);
  const known = await Staff.query(knex)
    .select('id', 'name')
    .findByIds([...new Set(ids.filter((id) => id !== null))]);
  return new Map(known.map(({ id, name }) => [id, name]));
}

function inWords(req: Request, entry: AuditEntry, people: ReadonlyMap<number, string>) {
  const isOfStaff = entry.subject_type === 'staff';
  const called = typeof entry.details.name === 'string' ? entry.details.name : undefined;
  const name = isOfStaff ? people.get(Number(entry.subject_id)) : called;
  const subject = entry.subject_type && `${subjectWord(req.t, entry.subject_type)} ${name ?? entry.subject_id ?? ''}`;
  return {
    entry,
    who: whoWord(req, entry, people),
    sentence: auditSentence(req.t, entry),
    notes: auditNotes(req.t, entry),
    subject,
    subjectHref: subjectHref(entry),
  };
}

function whoWord(req: Request, { actor, staff_id }: AuditEntry, people: ReadonlyMap<number, string>): string {
  if (staff_id !== null) return people.get(staff_id) ?? req.t('audit:actor.gone', { id: staff_id });
  if (actor === 'system' || actor === 'anonymous') return req.t(`audit:actor.${actor}`);
  return actor.startsWith('cli:') ? req.t('audit:actor.cli', { name: actor.slice(4) }) : actor;
}
