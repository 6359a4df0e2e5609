/** At most `requests` in any stretch of `windowMs`; aligned: in each of the clock's own stretches, such as its hours. */
export interface CountingRule {
  requests: number;
  windowMs: number;
  per: 'client' | 'token';
  aligned: boolean;
}

/** Counts what arrives, whether it is allowed or not. */
export class RequestWindow {
  private readonly arrivals = new Map<string, number[]>();
  private highest = 0;
  private violations = 0;

  constructor(private readonly rule: CountingRule) {}

  count(key: string, at: number): void {
    const { requests, windowMs, aligned } = this.rule;
    const times = this.arrivals.get(key) ?? [];
    const start = aligned ? Math.floor(at / windowMs) * windowMs : at - windowMs + 1;
    while (times[0] !== undefined && times[0] < start) times.shift();
    times.push(at);
    this.arrivals.set(key, times);
    this.highest = Math.max(this.highest, times.length);
    if (times.length > requests) this.violations += 1;
  }

  summary() {
    return { ...this.rule, highest: this.highest, violations: this.violations };
  }
}
