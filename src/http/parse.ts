import { z } from 'zod';
import { NotFoundError, ValidationError } from '../errors';

/** A row id from an address. Anything that cannot be one is simply not found. */
export function rowId(value: unknown): number {
  if (typeof value !== 'string' || !/^[1-9]\d{0,14}$/.test(value)) throw new NotFoundError();
  return Number(value);
}

/** The fields without `_csrf`. A repeated one stays a list, which a schema for text refuses. */
function flat(source: unknown): Record<string, unknown> {
  const entries = Object.entries((source ?? {}) as Record<string, unknown>);
  return Object.fromEntries(entries.filter(([k]) => k !== '_csrf'));
}

/** @throws ValidationError with one message per field. */
export function parseForm<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(flat(body));
  if (parsed.success) return parsed.data;
  throw validationError(parsed.error);
}

export function validationError(error: z.ZodError): ValidationError {
  const fields: Record<string, string> = {};
  for (const issue of error.issues) {
    const field = issue.path.join('.') || 'form';
    fields[field] ??= issue.message;
  }
  return new ValidationError(fields);
}

/** PostgreSQL cannot store NUL, and neither half a surrogate pair nor a field that was sent twice is a text. */
export const plainText = z
  .string('shared:form.unstorable')
  .refine((s) => !s.includes('\0') && s.isWellFormed(), 'shared:form.unstorable');
