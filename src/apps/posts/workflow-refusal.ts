import type { Request } from 'express';
import { ConflictError, ValidationError } from '../../errors';
import { formMessages } from '../../http/form-messages';
import { IllegalMoveError } from './draft-moves.service';

/** What conflicts are called in the catalogue, by their code. */
const CONFLICTS: Record<string, string> = {
  outdated_version: 'workflow:problem.outdated',
  changed_meanwhile: 'workflow:problem.changedMeanwhile',
  not_free: 'workflow:problem.notFree',
};

export interface Refusal {
  status: 409 | 422;
  /** The reason in the reader's language. */
  words: string;
  /** Of a form, one message per field. */
  errors: Record<string, string>;
}

/** Why something about a draft was refused. @throws the error itself when it is something else */
export function refusalWords(req: Request, error: unknown): Refusal {
  if (error instanceof IllegalMoveError) {
    const state = (name: string) => req.t(`shared:draft.${name}`);
    const words = req.t('workflow:problem.illegal', { from: state(error.from), to: state(error.to) });
    return { status: 409, words, errors: {} };
  }
  if (error instanceof ConflictError && CONFLICTS[error.code])
    return { status: 409, words: req.t(CONFLICTS[error.code] as string), errors: {} };
  if (!(error instanceof ValidationError)) throw error;
  const errors = formMessages(req, error);
  return { status: 422, words: Object.values(errors)[0] ?? '', errors };
}
