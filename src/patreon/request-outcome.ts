import { describeAnswer, errorForAnswer, type JsonApiError, parseJson, readErrors } from './error-document';
import type { HttpAnswer, TransportFailure } from './http-request';
import { isObject } from './is-object';
import { PatreonError } from './patreon-error';

/**
 * What became of a request: `answered` by the API, `refused` by it (4xx), `blocked` by the edge in front of it, `failed`
 * (5xx, no answer, or one that is not the API's), `not_sent` after all.
 */
export type RequestResult = 'answered' | 'refused' | 'blocked' | 'failed' | 'not_sent';

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

/** `bytes` are those that the document was parsed from. */
export type Outcome = { document: Readonly<Record<string, unknown>>; bytes: Uint8Array } | Failure;

/** Reads an answer: the document that was asked for, or what is wrong and whether asking again can help. */
export function outcomeOf(
  answer: HttpAnswer,
  { url, accessToken, isList, now }: { url: URL; accessToken: string; isList: boolean; now: number },
): Outcome {
  const json = parseJson(answer);
  const errors = readErrors(json);
  if (answer.status === 200 && isObject(json) && (isList ? Array.isArray(json.data) : isObject(json.data))) {
    return { document: json, bytes: answer.bytes };
  }
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
