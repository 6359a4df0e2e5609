import type { Request } from 'express';
import { ValidationError } from '../errors';

/**
 * What a refused form got wrong, one message per field in the reader's language (schemas and services name keys of the
 * catalogue). @throws the error itself when it is something else.
 */
export function formMessages(req: Request, error: unknown): Record<string, string> {
  if (!(error instanceof ValidationError)) throw error;
  return Object.fromEntries(Object.entries(error.fields).map(([field, message]) => [field, req.t(message)]));
}

/** The fields by these names as text, to show again what was typed. Never name a password here. */
export function typedValues<const K extends string>(req: Request, names: readonly K[]): Record<K, string> {
  const body = (req.body ?? {}) as Record<string, unknown>;
  return Object.fromEntries(names.map((name) => [name, typeof body[name] === 'string' ? body[name] : ''])) as Record<
    K,
    string
  >;
}
