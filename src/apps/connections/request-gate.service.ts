import { setTimeout as sleep } from 'node:timers/promises';
import type { RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Context } from '../../context';
import type { RequestGate } from '../../patreon/api-reader';
import type { RequestResult } from '../../patreon/request-outcome';
import { LONGEST_WAIT_SECONDS } from '../../patreon/retry';
import { BudgetSpentError, countUsage, spendBudget } from './request-budget.service';
import {
  closeBreaker,
  countFailure,
  countRefusal,
  type Hold,
  holdAfterBlock,
  holdAfterThrottling,
  RequestsHeldError,
  standingOf,
} from './request-holds.service';
import { connectionKey, consume, type GateSubject, requestLimiters } from './request-limiters';
import type { RequestReserve } from './request-reserve.service';

export interface GateOptions {
  /** A person waits: a hold is an error at once, and so is a pace that takes long. */
  interactive?: boolean;
  /** Called when a request begins to wait for a hold, or for the pause that its own 429 asks for. */
  onHold?: (hold: Hold) => void;
  /** Where the requests are taken from; else each is taken from the budgets by itself. */
  reserve?: RequestReserve;
}

/** A hold may end early or be prolonged by another process. */
const LOOK_AGAIN_MS = 1_000;
/** Those who wait for the same moment do not all come at once. */
const SPREAD_MS = 50;
const PACE_PATIENCE_MS = 10_000;

/**
 * Every request of every process goes through here: what holds requests first, then our pace, then the budgets. Nothing
 * is let through while PostgreSQL cannot be asked.
 */
export function requestGate(context: Context, subject: GateSubject, options: GateOptions = {}): RequestGate {
  return new SharedGate(context, subject, options);
}

class SharedGate implements RequestGate {
  /** One of our requests is the one that finds out whether Patreon is back. */
  private hasTrial = false;
  /** The last look found something that holds requests. */
  private isHeld = true;
  private hasFailures = true;
  private putBack: (() => void) | undefined;

  constructor(
    private readonly context: Context,
    private readonly subject: GateSubject,
    private readonly options: GateOptions,
  ) {}

  async beforeRequest(signal?: AbortSignal): Promise<void> {
    while (!signal?.aborted) {
      // Somebody who waits must be told why; for the rest the last look is enough while nothing is known to hold us.
      if ((this.isHeld || this.options.interactive) && (await this.waitOut(signal))) continue;
      await this.takeTurn(signal);
      if (signal?.aborted) return;
      const giveBack = await this.spend();
      this.isHeld = !(await this.mayAsk());
      if (!this.isHeld) return;
      await giveBack();
    }
  }

  async throttled(seconds: number): Promise<void> {
    await holdAfterThrottling(this.context, this.subject, seconds);
    await countUsage(this.context, this.subject, { throttled: 1 });
    const until = new Date(Date.now() + seconds * 1000);
    if (seconds > LONGEST_WAIT_SECONDS) throw new RequestsHeldError('throttled', until);
    this.options.onHold?.({ reason: 'throttled', until });
  }

  async afterRequest(result: RequestResult): Promise<void> {
    const { context, subject } = this;
    const wasTrial = this.hasTrial;
    this.hasTrial = false;
    const { reserve } = this.options;
    const { putBack } = this;
    this.putBack = undefined;
    if (result === 'not_sent') putBack?.();
    else if (!reserve) await countUsage(context, subject, { requests: 1 });
    // Nobody knows what would have become of it.
    if (result === 'not_sent' || result === 'called_off') {
      if (wasTrial) await this.giveTrialBack();
      return;
    }
    if (result === 'failed') {
      this.hasFailures = true;
      await countFailure(context, subject, { wasTrial });
      return;
    }
    if (result === 'blocked') await holdAfterBlock(context);
    if (result !== 'answered') await countRefusal(context, subject);
    if (this.hasFailures) await closeBreaker(context, subject);
  }

  /** Takes a request from the budgets; answers how to give it back. */
  private async spend(): Promise<() => Promise<void>> {
    const { reserve } = this.options;
    if (!reserve) return spendBudget(this.context);
    const putBack = await reserve.take();
    this.putBack = putBack;
    return async () => {
      this.putBack = undefined;
      putBack();
    };
  }

  /** Waits a little for what holds the requests; false when nothing does. @throws RequestsHeldError */
  private async waitOut(signal?: AbortSignal): Promise<boolean> {
    const [longest] = (await standingOf(this.context, this.subject)).holds;
    if (!longest) return false;
    const { reason, until } = longest;
    if (reason === 'budget_spent') throw new BudgetSpentError(until);
    const left = until.getTime() - Date.now();
    if (this.options.interactive || left > LONGEST_WAIT_SECONDS * 1000) throw new RequestsHeldError(reason, until);
    this.options.onHold?.(longest);
    await pause(Math.min(left, LOOK_AGAIN_MS), signal);
    return true;
  }

  /** Our turn under Patreon's two limits. */
  private async takeTurn(signal?: AbortSignal): Promise<void> {
    const { token, client } = requestLimiters(this.context);
    if (token) await this.takePlace(token, connectionKey(this.subject), signal);
    if (client) await this.takePlace(client, this.subject.clientId, signal);
  }

  private async takePlace(limiter: RateLimiterPostgres, key: string, signal?: AbortSignal): Promise<void> {
    const latest = performance.now() + (this.options.interactive ? PACE_PATIENCE_MS : Number.POSITIVE_INFINITY);
    // Another process may have taken the place meanwhile.
    for (let ms = await consume(limiter, key); ms > 0 && !signal?.aborted; ms = await consume(limiter, key)) {
      if (performance.now() + ms > latest) throw new RequestsHeldError('paced', new Date(Date.now() + ms));
      await pause(ms, signal);
    }
  }

  /**
   * The last look: what began while we waited for our turn holds us as well, and after failures in a row one request of
   * all processes finds out whether Patreon is back.
   */
  private async mayAsk(): Promise<boolean> {
    const { holds, isHalfOpen, hasFailures } = await standingOf(this.context, this.subject);
    this.hasFailures = hasFailures;
    // We may have taken the last request of a budget ourselves.
    if (holds.some(({ reason }) => reason !== 'budget_spent')) return false;
    if (!isHalfOpen) return true;
    const { trial } = requestLimiters(this.context);
    this.hasTrial = (await consume(trial, connectionKey(this.subject))) === 0;
    return this.hasTrial;
  }

  private async giveTrialBack(): Promise<void> {
    await requestLimiters(this.context).trial.delete(connectionKey(this.subject));
  }
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms + Math.random() * SPREAD_MS, undefined, { signal });
  } catch (error) {
    // The client says in its own words that it was cancelled.
    if (!signal?.aborted) throw error;
  }
}
