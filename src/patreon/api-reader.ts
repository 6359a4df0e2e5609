import { setTimeout as delay } from 'node:timers/promises';
import { type DroppedName, DroppedNames } from './dropped-names';
import { describeAnswer, errorForAnswer, type JsonApiError, parseJson, readErrors } from './error-document';
import { type HttpAnswer, sendRequest, TransportFailure } from './http-request';
import { isObject } from './is-object';
import { PatreonError } from './patreon-error';
import { backoffMs, MAX_TRIES } from './retry';
import { type Selection, withoutIncludes } from './selection';

/** The shared request budget, kept elsewhere for all processes. */
export interface RequestGate {
  /** Called ahead of every single request; may wait, or throw when the budget is spent. */
  beforeRequest(signal?: AbortSignal): Promise<void>;
  /** Patreon asked everybody who shares the token to pause. */
  throttled(seconds: number): Promise<void>;
}

export interface PatreonClientOptions {
  /** Origin of Patreon or of a sandbox; the API hangs below it. */
  baseUrl: string;
  /** Required by Patreon: its edge may refuse a call without one. */
  userAgent: string;
  gate: RequestGate;
  /** Called for every single request, so that a token renewed by another process is picked up. */
  accessToken: () => Promise<string>;
  /** Patreon refused the token: true when a new one is in place. Called at most once per read. */
  onUnauthorized?: (refusedToken: string) => Promise<boolean>;
  onDroppedField?: (dropped: DroppedName) => void;
  onRequest?: (request: { path: string; status: number | null; durationMs: number }) => void;
  /** Scopes that the token holds; unset means all. What needs a missing scope is not asked for. */
  scopes?: readonly string[];
  fetch?: typeof fetch;
  signal?: AbortSignal;
  timeoutMs?: number;
  maxBytes?: number;
  sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  random?: () => number;
  now?: () => number;
}

export interface ReadRequest {
  /** Below the API's root, for example `/campaigns/1/posts`. */
  path: string;
  selection: Selection;
  /** Whether the primary data is a list. */
  isList: boolean;
  count?: number;
  cursor?: string;
  signal?: AbortSignal;
}

export interface ReadResult {
  document: Readonly<Record<string, unknown>>;
  /** The request as it succeeded: smaller or lighter than asked if Patreon could not answer in time. */
  request: ReadRequest;
}

interface Failure {
  error: PatreonError;
  /** The error document, when there was one. */
  errors: readonly JsonApiError[];
  /** The same request may succeed later. */
  isTransient: boolean;
  /** A smaller request may succeed. */
  isOverload: boolean;
  accessToken: string;
}

type Outcome = { document: Readonly<Record<string, unknown>> } | Failure;

const API_PATH = '/api/oauth2/v2';
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BYTES = 20 * 1024 * 1024;
const MIN_COUNT = 25;
/** Refused requests count towards the edge's limit of 4xx answers, so a wholly foreign server is given up soon. */
const MAX_DROP_ROUNDS = 20;

/** Reads documents of the API, repeating a request where that can help; throws PatreonError where it cannot. */
export class ApiReader {
  readonly dropped = new DroppedNames();
  private readonly now: () => number;

  constructor(private readonly options: PatreonClientOptions) {
    this.now = options.now ?? Date.now;
  }

  async read(asked: ReadRequest): Promise<ReadResult> {
    let request: ReadRequest = { ...asked, signal: eitherSignal(asked.signal, this.options.signal) };
    const spent = { tries: 0, dropRounds: 0, renewals: 0 };
    for (;;) {
      const outcome = await this.send(request);
      if ('document' in outcome) return { document: outcome.document, request };
      request = await this.recover(outcome, request, spent);
    }
  }

  /** The request to send next, after the pause it needs. Throws when nothing more can be done. */
  private async recover(
    failure: Failure,
    request: ReadRequest,
    spent: { tries: number; dropRounds: number; renewals: number },
  ): Promise<ReadRequest> {
    const { error } = failure;
    if (error.kind === 'unauthorized' && spent.renewals++ === 0) {
      if (await this.options.onUnauthorized?.(failure.accessToken)) return request;
    }
    if (error.kind === 'invalid_request' && spent.dropRounds++ < MAX_DROP_ROUNDS) {
      if (this.dropRefusedNames(failure.errors, request.selection)) return request;
    }
    const lighter = failure.isOverload ? lightened(request) : null;
    if (lighter === null && !failure.isTransient) throw error;
    spent.tries = lighter === null ? spent.tries + 1 : 1;
    if (spent.tries >= MAX_TRIES) throw error;
    await this.pause(error, spent.tries, request);
    return lighter ?? request;
  }

  private dropRefusedNames(errors: readonly JsonApiError[], selection: Selection): boolean {
    const dropped = this.dropped.drop(errors, selection);
    for (const name of dropped) this.options.onDroppedField?.(name);
    return dropped.length > 0;
  }

  private async pause(error: PatreonError, failedTries: number, { signal }: ReadRequest): Promise<void> {
    const { random = Math.random, sleep = abortableSleep, gate } = this.options;
    const backoff = backoffMs(failedTries, random);
    const asked = (error.retryAfterSeconds ?? 0) * 1000;
    if (error.kind === 'rate_limited') await gate.throttled(Math.ceil((asked || backoff) / 1000));
    try {
      // Everybody was told the same number of seconds, so spread the return over one more.
      await sleep(asked > 0 ? Math.max(backoff, asked + Math.round(random() * 1000)) : backoff, signal);
    } catch (failure) {
      if (signal?.aborted) throw cancelled(error.requestPath);
      throw failure;
    }
  }

  private async send(request: ReadRequest): Promise<Outcome> {
    const url = this.urlOf(request);
    await this.options.gate.beforeRequest(request.signal);
    if (request.signal?.aborted) throw cancelled(url.pathname);
    const accessToken = await this.options.accessToken();
    const startedAt = performance.now();
    const report = (status: number | null) =>
      this.options.onRequest?.({ path: url.pathname, status, durationMs: performance.now() - startedAt });
    try {
      const answer = await sendRequest({
        fetch: this.options.fetch ?? fetch,
        url,
        init: { headers: { Authorization: `Bearer ${accessToken}`, 'User-Agent': this.options.userAgent } },
        timeoutMs: this.options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        maxBytes: this.options.maxBytes ?? DEFAULT_MAX_BYTES,
        signal: request.signal,
      });
      report(answer.status);
      return outcomeOf(answer, { url, accessToken, isList: request.isList, now: this.now() });
    } catch (failure) {
      if (!(failure instanceof TransportFailure)) throw failure;
      report(null);
      return { ...transportOutcome(failure, url.pathname), errors: [], accessToken };
    }
  }

  private urlOf({ path, selection, count, cursor }: ReadRequest): URL {
    const url = new URL(API_PATH + path, this.options.baseUrl);
    for (const [name, value] of Object.entries(this.dropped.query(selection))) url.searchParams.set(name, value);
    if (count !== undefined) url.searchParams.set('page[count]', String(count));
    if (cursor !== undefined) url.searchParams.set('page[cursor]', cursor);
    return url;
  }
}

function outcomeOf(
  answer: HttpAnswer,
  { url, accessToken, isList, now }: { url: URL; accessToken: string; isList: boolean; now: number },
): Outcome {
  const json = parseJson(answer);
  const errors = readErrors(json);
  if (answer.status === 200 && isObject(json) && (isList ? Array.isArray(json.data) : isObject(json.data))) {
    return { document: json };
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
  const isRedirect = answer.status >= 300 && answer.status < 400;
  const isTransient = !error.permanent && !isRedirect && error.kind !== 'cursor_expired' && error.kind !== 'blocked';
  return { error, errors, isTransient, isOverload: answer.status === 504, accessToken };
}

function transportOutcome(failure: TransportFailure, requestPath: string) {
  if (failure.reason === 'cancelled') throw cancelled(requestPath);
  const kind = failure.reason === 'too_large' ? 'invalid_answer' : 'unavailable';
  return {
    error: new PatreonError(kind, { detail: failure.message, requestPath }),
    isTransient: failure.reason !== 'too_large',
    isOverload: failure.reason !== 'network',
  };
}

/** Half the page, then the same without pledge histories; null when there is nothing left to leave out. */
function lightened(request: ReadRequest): ReadRequest | null {
  const { count, selection } = request;
  if (count !== undefined && count > MIN_COUNT) {
    return { ...request, count: Math.max(MIN_COUNT, Math.floor(count / 2)) };
  }
  if (!('pledge_history' in selection.include)) return null;
  return { ...request, selection: withoutIncludes(selection, ['pledge_history']) };
}

function cancelled(requestPath: string): PatreonError {
  return new PatreonError('cancelled', { detail: 'cancelled by the caller', requestPath });
}

function eitherSignal(one?: AbortSignal, other?: AbortSignal): AbortSignal | undefined {
  return one && other ? AbortSignal.any([one, other]) : (one ?? other);
}

async function abortableSleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal });
}
