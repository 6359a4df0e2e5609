import { setTimeout as delay } from 'node:timers/promises';
import { type DroppedName, DroppedNames } from './dropped-names';
import type { JsonApiError } from './error-document';
import { sendRequest, TransportFailure } from './http-request';
import { PatreonError } from './patreon-error';
import { type Failure, type Outcome, outcomeOf, type RequestResult, transportOutcome } from './request-outcome';
import { backoffMs, LONGEST_WAIT_SECONDS, MAX_TRIES } from './retry';
import { type Selection, withoutIncludes } from './selection';
import type { SentDocument } from './sent-document';

/** Decides for all processes together when a request may be sent; kept elsewhere. */
export interface RequestGate {
  /** Called ahead of every single request; may wait, or throw when nothing may be sent for long. */
  beforeRequest(signal?: AbortSignal): Promise<void>;
  /** Patreon asked everybody who shares the token to pause. May throw when that is too long to wait for. */
  throttled(seconds: number): Promise<void>;
  /** Called once for every request that was let through. A gate that learns nothing from it has none. */
  afterRequest?(result: RequestResult): Promise<void>;
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
  /** How long one read may go on asking again, in milliseconds; unset: until its tries are used up. */
  patienceMs?: number;
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
  document: SentDocument;
  /** That the gate has heard of it: to be awaited before the document counts as read. */
  noted: Promise<void>;
  /** The request as it succeeded: smaller or lighter than asked if Patreon could not answer in time. */
  request: ReadRequest;
}

/** What one read has used up so far. */
interface Spent {
  tries: number;
  dropRounds: number;
  renewals: number;
  /** By the monotonic clock. */
  since: number;
}

/** A token that was looked up so lately is not looked up again; were it renewed meanwhile, 401 would say so. */
const TOKEN_FRESH_MS = 1_000;
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
    const spent = { tries: 0, dropRounds: 0, renewals: 0, since: performance.now() };
    for (;;) {
      const outcome = await this.send(request);
      if ('document' in outcome) {
        const noted = this.options.gate.afterRequest?.('answered') ?? Promise.resolve();
        // Whoever reads the document waits for it in the end.
        noted.catch(() => undefined);
        return { document: outcome.document, request, noted };
      }
      await this.tellGate(outcome, spent.tries + 1);
      request = await this.recover(outcome, request, spent);
    }
  }

  /** The pause first: it is in force for other processes as soon as it is stored. */
  private async tellGate({ error, result }: Failure, failedTries: number): Promise<void> {
    const { gate, random = Math.random } = this.options;
    try {
      if (error.kind === 'rate_limited')
        await gate.throttled(error.retryAfterSeconds ?? Math.ceil(backoffMs(failedTries, random) / 1000));
    } finally {
      await gate.afterRequest?.(result);
    }
  }

  /** The request to send next, after the pause it needs. Throws when nothing more can be done. */
  private async recover(failure: Failure, request: ReadRequest, spent: Spent): Promise<ReadRequest> {
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
    await this.pause(error, spent, request);
    return lighter ?? request;
  }

  private dropRefusedNames(errors: readonly JsonApiError[], selection: Selection): boolean {
    const dropped = this.dropped.drop(errors, selection);
    for (const name of dropped) this.options.onDroppedField?.(name);
    return dropped.length > 0;
  }

  private async pause(error: PatreonError, { tries, since }: Spent, { signal }: ReadRequest): Promise<void> {
    const { random = Math.random, sleep = abortableSleep, patienceMs = Number.POSITIVE_INFINITY } = this.options;
    const backoff = backoffMs(tries, random);
    const asked = (error.retryAfterSeconds ?? 0) * 1000;
    if (asked > LONGEST_WAIT_SECONDS * 1000) throw error;
    // Everybody was told the same number of seconds, so spread the return over one more.
    const pause = asked > 0 ? Math.max(backoff, asked + Math.round(random() * 1000)) : backoff;
    if (performance.now() - since + pause > patienceMs) throw error;
    try {
      await sleep(pause, signal);
    } catch (failure) {
      if (signal?.aborted) throw cancelled(error.requestPath);
      throw failure;
    }
  }

  private async send(request: ReadRequest): Promise<Outcome> {
    const url = this.urlOf(request);
    // Renewed before our turn, so that nothing slow is left between the gate and the request.
    const token = await this.options.accessToken();
    const askedAt = performance.now();
    await this.options.gate.beforeRequest(request.signal);
    const isFresh = performance.now() - askedAt < TOKEN_FRESH_MS;
    const current = isFresh ? async () => token : this.options.accessToken;
    const accessToken = await this.unlessCalledOff(url, request.signal, current);
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
      if (failure.reason === 'cancelled')
        return this.callOff(cancelled(url.pathname), failure.neverSent ? 'not_sent' : 'called_off');
      return transportOutcome(failure, url.pathname, accessToken);
    }
  }

  /** The token for a request that was let through; one that is not sent after all is given back to the gate. */
  private async unlessCalledOff(
    { pathname }: URL,
    signal: AbortSignal | undefined,
    accessToken: () => Promise<string>,
  ): Promise<string> {
    if (signal?.aborted) return this.callOff(cancelled(pathname));
    try {
      return await accessToken();
    } catch (error) {
      return this.callOff(error);
    }
  }

  private async callOff(reason: unknown, result: RequestResult = 'not_sent'): Promise<never> {
    await this.options.gate.afterRequest?.(result);
    throw reason;
  }

  private urlOf({ path, selection, count, cursor }: ReadRequest): URL {
    const url = new URL(API_PATH + path, this.options.baseUrl);
    for (const [name, value] of Object.entries(this.dropped.query(selection))) url.searchParams.set(name, value);
    if (count !== undefined) url.searchParams.set('page[count]', String(count));
    if (cursor !== undefined) url.searchParams.set('page[cursor]', cursor);
    return url;
  }
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
