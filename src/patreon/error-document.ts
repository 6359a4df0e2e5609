import type { HttpAnswer } from './http-request';
import { isObject } from './is-object';
import { PatreonError, type PatreonErrorKind } from './patreon-error';
import { clampRetryAfter, parseRetryAfter } from './retry';

/** The parts of a JSON:API error object that decide something. Absent text is empty. */
export interface JsonApiError {
  code: number | null;
  codeName: string;
  detail: string;
  id: string;
  sourceParameter: string | null;
  retryAfterSeconds: number | null;
}

const CURSOR_PARAMETER = 'page[cursor]';
const EXCERPT_LENGTH = 200;
export function isJson(answer: HttpAnswer): boolean {
  return /json/i.test(answer.headers.get('content-type') ?? '');
}

/** The parsed body, or undefined when it is not labelled as JSON, is empty or cannot be parsed. */
export function parseJson(answer: HttpAnswer): unknown {
  if (!isJson(answer)) return undefined;
  try {
    return JSON.parse(answer.body);
  } catch {
    return undefined;
  }
}

export function readErrors(json: unknown): JsonApiError[] {
  const errors = isObject(json) && Array.isArray(json.errors) ? json.errors : [];
  return errors.filter(isObject).map((error) => ({
    code: typeof error.code === 'number' ? error.code : null,
    codeName: textOf(error.code_name),
    detail: textOf(error.detail) || textOf(error.title),
    id: textOf(error.id),
    sourceParameter: isObject(error.source) ? textOf(error.source.parameter) || null : null,
    retryAfterSeconds: secondsOf(error.retry_after_seconds),
  }));
}

/** Name of the query parameter that an error complains about, from its sentence or else from `source`. */
export function parameterOf(error: JsonApiError): string | null {
  return /parameter for '([^']+)'/i.exec(error.detail)?.[1] ?? error.sourceParameter;
}

/** Pause that a throttled or failing answer asks for, in seconds within 1 s … 24 h; null when it asks for none. */
export function retryAfterOf(answer: HttpAnswer, errors: readonly JsonApiError[], now: number): number | null {
  const stated = errors.find((error) => error.retryAfterSeconds !== null)?.retryAfterSeconds;
  if (stated !== undefined && stated !== null) return clampRetryAfter(stated);
  return parseRetryAfter(answer.headers.get('retry-after'), now);
}

/** The typed error for an answer whose status is not 200. */
export function errorForAnswer(
  answer: HttpAnswer,
  errors: readonly JsonApiError[],
  requestPath: string,
  now: number,
): PatreonError {
  const kind = kindOf(answer, errors);
  const stated = retryAfterOf(answer, errors, now);
  return new PatreonError(kind, {
    detail: describeAnswer(answer, errors),
    requestPath,
    status: answer.status,
    retryAfterSeconds: stated ?? undefined,
  });
}

function kindOf(answer: HttpAnswer, errors: readonly JsonApiError[]): PatreonErrorKind {
  const { status } = answer;
  if (status === 401) return 'unauthorized';
  if (status === 429) return 'rate_limited';
  if (status === 408 || status >= 500) return 'unavailable';
  if (status === 403) return isJson(answer) ? 'forbidden' : 'blocked';
  // "Gone" is concluded from a 404, so a page of some proxy in between must not count as one.
  if (!isJson(answer) || status < 400) return 'invalid_answer';
  if (status === 404 || status === 410) return 'not_found';
  if (status === 400 && errors.some((error) => parameterOf(error) === CURSOR_PARAMETER)) return 'cursor_expired';
  return 'invalid_request';
}

/** One line for logs: Patreon's own sentence, or the start of the text of a page, and the ids support asks for. */
export function describeAnswer(answer: HttpAnswer, errors: readonly JsonApiError[]): string {
  const [error] = errors;
  const said = error === undefined ? excerpt(answer) : excerptOf(`${error.codeName}: ${error.detail}`);
  const ids = [
    ['error', error?.id],
    ['cf-ray', answer.headers.get('cf-ray')],
    ['x-patreon-uuid', answer.headers.get('x-patreon-uuid')],
  ];
  const known = ids.filter(([, value]) => value).map(([name, value]) => `${name} ${value?.slice(0, 60)}`);
  return known.length === 0 ? said : `${said} (${known.join(', ')})`;
}

function excerpt(answer: HttpAnswer): string {
  if (answer.status >= 300 && answer.status < 400) return 'redirect refused';
  const type = answer.headers.get('content-type') ?? 'no content type';
  const words = excerptOf(answer.body.slice(0, 20_000).replace(/<(script|style)\b[\s\S]*?<\/\1>|<[^>]*>/gi, ' '));
  return `${type}: ${words === '' ? 'empty body' : words}`;
}

function excerptOf(said: string): string {
  const oneLine = said.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return oneLine.slice(0, EXCERPT_LENGTH);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A number, or one in quotes. */
function secondsOf(value: unknown): number | null {
  const seconds = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds : null;
}
