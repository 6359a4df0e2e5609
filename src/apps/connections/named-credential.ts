import type { Request } from 'express';
import type { Context } from '../../context';
import { ValidationError } from '../../errors';
import { rowId } from '../../http/parse';
import { PatreonCredential } from './patreon-credential.model';

/** The credential that a form or its address names, else the only one there is. @throws NotFoundError, ValidationError */
export async function namedCredential({ knex }: Context, req: Request): Promise<number> {
  const named = (req.body as Record<string, unknown> | undefined)?.credential ?? req.query.credential;
  if (named !== undefined) return rowId(named);
  const [only, ...others] = await PatreonCredential.listAll(knex);
  if (only && others.length === 0) return only.id;
  throw new ValidationError({ credential: 'connections:errors.credential' });
}
