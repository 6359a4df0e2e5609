/** The sandbox's time: it runs like the machine's and can be set and moved. */
export class SandboxClock {
  private offset: number;

  constructor(now: number = Date.now()) {
    this.offset = now - Date.now();
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now() + this.offset;
  }

  set(now: number): void {
    this.offset = now - Date.now();
  }

  advance(milliseconds: number): void {
    this.offset += milliseconds;
  }
}

/** Patreon's form of a time, such as `2026-09-01T08:14:05.000+00:00`. */
export const dateTime = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, -1)}+00:00`;

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
