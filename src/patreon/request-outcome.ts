import { describeAnswer, errorForAnswer, type JsonApiError, parseJson, readErrors } from './error-document';
import type { HttpAnswer, TransportFailure } from './http-request';
import { PatreonError } from './patreon-error';
import { readDocument, type SentDocument } from './sent-document';

/**
 * What became of a request: `answered` by the API, `refused` by it (4xx), `blocked` by the edge in front of it, `failed`
 * (5xx, no answer, or one that is not the API's), `called_off` by us before its answer had come, `not_sent` after all.
 */
export type RequestResult = 'answered' | 'refused' | 'blocked' | 'failed' | 'called_off' | 'not_sent';

export interface Failure {
  error: PatreonError;
  result: RequestResult;
  /** The error document, when there was one. */
  errors: readonly JsonApiError[];
  /** The same request may succeed later. */
  isTransient: boolean;
  /** A smaller request may succeed. */
  isOverload: boolean;
  accessToken: string;
}

export type Outcome = { document: SentDocument } | Failure;

/** Reads an answer: the document that was asked for, or what is wrong and whether asking again can help. */
export function outcomeOf(
  answer: HttpAnswer,
  { url, accessToken, isList, now }: { url: URL; accessToken: string; isList: boolean; now: number },
): Outcome {
  const document = answer.status === 200 ? readDocument(answer, isList) : null;
  if (document) return { document };
  const errors = readErrors(parseJson(answer));
  // Some servers repeat request headers in their error text.
  const safe = { ...answer, body: answer.body.replaceAll(accessToken, '[token]') };
  const error =
    answer.status === 200
      ? new PatreonError('invalid_answer', {
          detail: `no JSON:API document: ${describeAnswer(safe, errors)}`,
          requestPath: url.pathname,
          status: 200,
        })
      : errorForAnswer(safe, readErrors(parseJson(safe)), url.pathname, now);
  return {
    error,
    errors,
    result: resultOf(answer, error),
    isTransient: (answer.status >= 200 && answer.status < 300) || answer.status === 429 || error.kind === 'unavailable',
    isOverload: answer.status === 504,
    accessToken,
  };
}

function resultOf({ status }: HttpAnswer, { kind }: PatreonError): RequestResult {
  if (kind === 'blocked') return 'blocked';
  if (kind === 'unavailable' || status < 400) return 'failed';
  return 'refused';
}

/** What it means that no usable answer arrived. */
export function transportOutcome(failure: TransportFailure, requestPath: string, accessToken: string): Failure {
  const kind = failure.reason === 'too_large' ? 'invalid_answer' : 'unavailable';
  return {
    error: new PatreonError(kind, { detail: failure.message, requestPath }),
    errors: [],
    accessToken,
    result: failure.reason === 'too_large' ? 'answered' : 'failed',
    isTransient: failure.reason !== 'too_large',
    isOverload: failure.reason !== 'network',
  };
}
