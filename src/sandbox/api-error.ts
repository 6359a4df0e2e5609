import { randomUUID } from 'node:crypto';
import type { Json } from './resource';

const UNAUTHORIZED_DETAIL =
  'The server could not verify that you are authorized to access the URL requested.  You either supplied the wrong ' +
  "credentials (e.g. a bad password), or your browser doesn't understand how to supply the credentials required.";

const THROTTLED = 'You have made too many attempts. Please try again later.';

interface ErrorParts {
  status: number;
  code?: number;
  codeName: string;
  title: string;
  detail?: string;
  /** The query parameter at fault. */
  parameter?: string;
  /** Text only where a fault asks for an odd wait. */
  retryAfterSeconds?: number | string;
}

/** A refusal in Patreon's own words; `document` is the JSON:API error document. */
export class ApiError extends Error {
  readonly status: number;

  constructor(private readonly parts: ErrorParts) {
    super(parts.detail ?? parts.title);
    this.status = parts.status;
  }

  get retryAfterSeconds(): number | string | undefined {
    return this.parts.retryAfterSeconds;
  }

  get document(): { errors: Json[] } {
    const { status, code, codeName, title, detail, parameter, retryAfterSeconds } = this.parts;
    const error = {
      code: code ?? null,
      code_name: codeName,
      detail: detail ?? title,
      id: randomUUID(),
      ...(retryAfterSeconds === undefined ? {} : { retry_after_seconds: retryAfterSeconds }),
      ...(parameter === undefined ? {} : { source: { parameter } }),
      status: String(status),
      title,
    };
    return { errors: [error] };
  }
}

/** Also the answer to a missing scope. */
export const unauthorized = (): ApiError =>
  new ApiError({
    status: 401,
    code: 1,
    codeName: 'Unauthorized',
    title: 'Unauthorized',
    detail: UNAUTHORIZED_DETAIL,
  });

export const invalidOnType = (parameter: string, name: string, type: string): ApiError =>
  new ApiError({
    status: 400,
    codeName: 'ParameterInvalidOnType',
    title: `Invalid value for parameter '${parameter}'.`,
    detail: `Invalid parameter for '${parameter.replace(/\[.*$/, '')}' on type '${type}': ${name}.`,
    parameter,
  });

export const invalidParameter = (parameter: string): ApiError =>
  new ApiError({
    status: 400,
    code: 3,
    codeName: 'ParameterInvalid',
    title: `Invalid value for parameter '${parameter}'.`,
    parameter,
  });

export const viewForbidden = (type: string, id: string): ApiError =>
  new ApiError({
    status: 403,
    codeName: 'ViewForbidden',
    title: `You do not have permission to view ${type} with id ${id}.`,
  });

export const notFound = (detail = 'The requested URL was not found on the server.'): ApiError =>
  new ApiError({ status: 404, codeName: 'ResourceMissing', title: 'Not Found', detail });

export const resourceMissing = (type: string, id: string): ApiError =>
  notFound(`${type.charAt(0).toUpperCase()}${type.slice(1)} with id ${id} was not found.`);

export const methodNotAllowed = (): ApiError =>
  new ApiError({
    status: 405,
    codeName: 'MethodNotAllowed',
    title: 'Method Not Allowed',
    detail: 'The method is not allowed for the requested URL.',
  });

export const notAcceptable = (): ApiError =>
  new ApiError({
    status: 406,
    codeName: 'NotAcceptable',
    title: 'Not Acceptable',
    detail: 'Only JSON can be served.',
  });

/** `retryAfterSeconds` left out makes the 429 that says nothing about when to come back. */
export const throttled = (retryAfterSeconds?: number | string): ApiError =>
  new ApiError({
    status: 429,
    codeName: 'RequestThrottled',
    title: THROTTLED,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });

const OUTAGES: Record<number, string> = {
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

export function outage(status: number): ApiError {
  const title = OUTAGES[status] ?? 'Internal Server Error';
  return new ApiError({ status, codeName: title.replaceAll(' ', ''), title });
}
