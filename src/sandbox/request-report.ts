import { MINUTE, SECOND } from './clock';
import type { Token } from './grants';
import { DOCUMENTED_LIMITS } from './limits';
import { type CountingRule, RequestWindow } from './request-window';

/** Whose request it is; undefined where the bearer is nobody living. */
export type Sender = Pick<Token, 'clientId' | 'grant'> | undefined;

/** The documented limits, and the number of error answers above which the edge is said to shut a client out. */
const DOCUMENTED: Record<string, CountingRule> = {
  client: { ...DOCUMENTED_LIMITS.client, per: 'client', aligned: false },
  token: { ...DOCUMENTED_LIMITS.token, per: 'token', aligned: false },
};
const CLIENT_ERRORS: CountingRule = { requests: 2000, windowMs: 10 * MINUTE, per: 'client', aligned: false };

/** What may be on its way while a 429 is. */
const ON_THE_WAY_MS = 2 * SECOND;

interface Pause {
  answeredAt: number;
  until: number;
}

type Tally = Record<string, number>;

const add = (tally: Tally, name: string | number): void => {
  tally[name] = (tally[name] ?? 0) + 1;
};

const zero = (since: number) => ({
  since: new Date(since).toISOString(),
  requests: 0,
  highest_in_flight: 0,
  by_status: {} as Tally,
  faults: {} as Tally,
  throttled: { answers: 0, too_early: 0, too_early_certain: 0 },
  tokens: { requests: 0, refreshes: 0, refused: 0, reused: 0, reused_digests: [] as string[] },
  violations: {} as Tally,
});

/**
 * Counts every request from the last reset on, by the machine's time, so that a long run can be judged. The windows
 * count whether or not the sandbox enforces its limits.
 */
export class RequestReport {
  private counts = zero(0);
  private windows = new Map<string, RequestWindow>();
  private clientErrors = new RequestWindow(CLIENT_ERRORS);
  private pauses = new Map<string, Pause[]>();
  private inFlight = 0;
  private ownRules: Record<string, CountingRule> = {};

  constructor(private readonly now: () => number) {
    this.reset();
  }

  /** Windows to count in besides the documented ones; counting starts anew. */
  setWindows(rules: Record<string, CountingRule>): void {
    this.ownRules = rules;
    this.reset();
  }

  reset(): void {
    this.counts = zero(this.now());
    const rules = Object.entries({ ...DOCUMENTED, ...this.ownRules });
    this.windows = new Map(rules.map(([name, rule]) => [name, new RequestWindow(rule)]));
    this.clientErrors = new RequestWindow(CLIENT_ERRORS);
    this.pauses = new Map();
  }

  arrive(path: string, sender: Sender, brokenRules: string[]): void {
    const { counts } = this;
    counts.requests += 1;
    this.inFlight += 1;
    counts.highest_in_flight = Math.max(counts.highest_in_flight, this.inFlight);
    for (const rule of brokenRules) add(counts.violations, rule);
    if (path === '/api/oauth2/token') counts.tokens.requests += 1;
    if (sender === undefined || !path.startsWith('/api/oauth2/v2')) return;
    const at = this.now();
    for (const [name, rule] of Object.entries({ ...DOCUMENTED, ...this.ownRules })) {
      this.windows.get(name)?.count(rule.per === 'client' ? sender.clientId : sender.grant, at);
    }
    this.judgePatience(sender.grant, at);
  }

  /** `status` is 0 when the connection broke first; `wait` is what a 429 asked for. */
  leave(path: string, sender: Sender, status: number, wait: number | string | undefined): void {
    const { counts } = this;
    this.inFlight -= 1;
    add(counts.by_status, status);
    const isRefusal = status >= 400 && status < 500;
    if (isRefusal) this.clientErrors.count(sender?.clientId ?? '', this.now());
    if (isRefusal && path === '/api/oauth2/token') counts.tokens.refused += 1;
    if (status !== 429) return;
    counts.throttled.answers += 1;
    if (sender === undefined || typeof wait !== 'number' || !(wait > 0)) return;
    const pauses = this.pauses.get(sender.grant) ?? [];
    pauses.push({ answeredAt: this.now(), until: this.now() + wait * SECOND });
    this.pauses.set(sender.grant, pauses);
  }

  fault(kind: string): void {
    add(this.counts.faults, kind);
  }

  refreshed(): void {
    this.counts.tokens.refreshes += 1;
  }

  /** A refresh token that was spent before was presented again. */
  reused(digest: string): void {
    this.counts.tokens.reused += 1;
    this.counts.tokens.reused_digests.push(digest);
  }

  summary() {
    const windows = [...this.windows, ['client_errors', this.clientErrors] as const];
    return {
      ...this.counts,
      windows: Object.fromEntries(windows.map(([name, window]) => [name, window.summary()])),
    };
  }

  private judgePatience(grant: string, at: number): void {
    const pauses = (this.pauses.get(grant) ?? []).filter(({ until }) => at < until);
    this.pauses.set(grant, pauses);
    if (pauses.length === 0) return;
    this.counts.throttled.too_early += 1;
    const isCertain = pauses.some(({ answeredAt }) => at - answeredAt > ON_THE_WAY_MS);
    if (isCertain) this.counts.throttled.too_early_certain += 1;
  }
}
