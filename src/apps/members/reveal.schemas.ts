import { z } from 'zod';
import { plainText } from '../../http/parse';

/** Why somebody looks at what is kept from sight: a few words, no essay. */
export const reason = plainText.trim().min(3, 'exports:problem.reason').max(200, 'exports:problem.reason');

export const revealForm = z.object({ reason: z.preprocess((value) => value ?? '', reason) });
