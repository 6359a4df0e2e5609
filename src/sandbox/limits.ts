import { throttled } from './api-error';
import { MINUTE, SECOND } from './clock';
import type { Token } from './grants';

export interface WindowRule {
  requests: number;
  windowMs: number;
}

export interface LimitRules {
  client: WindowRule;
  token: WindowRule;
}

/** The two limits that Patreon documents: 100 in 2 seconds per client, 100 in a minute per token. */
export const DOCUMENTED_LIMITS: LimitRules = {
  client: { requests: 100, windowMs: 2 * SECOND },
  token: { requests: 100, windowMs: MINUTE },
};

/** Counts requests in sliding windows, one window for each client and each token. */
export class Limits {
  private readonly windows = new Map<string, number[]>();

  /** `rules` null lets everything through. */
  constructor(
    private readonly now: () => number,
    public rules: LimitRules | null,
  ) {}

  /** Counts one request; throws the 429 document when a window is full. A refused request does not count. */
  spend({ clientId, grant }: Pick<Token, 'clientId' | 'grant'>): void {
    if (this.rules === null) return;
    const client = this.window(`client ${clientId}`, this.rules.client);
    const token = this.window(`token ${grant}`, this.rules.token);
    const waits = [this.wait(client, this.rules.client), this.wait(token, this.rules.token)];
    const wait = Math.max(...waits);
    if (wait > 0) throw throttled(Math.ceil(wait / SECOND));
    client.push(this.now());
    token.push(this.now());
  }

  private window(key: string, { windowMs }: WindowRule): number[] {
    const times = (this.windows.get(key) ?? []).filter((time) => time > this.now() - windowMs);
    this.windows.set(key, times);
    return times;
  }

  private wait(times: number[], { requests, windowMs }: WindowRule): number {
    const oldest = times[times.length - requests];
    return oldest === undefined ? 0 : oldest + windowMs - this.now();
  }
}
