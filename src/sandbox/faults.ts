import { invalidParameter, outage, throttled } from './api-error';

export const FAULT_KINDS = [
  'html',
  'empty',
  'slow',
  'disconnect',
  'truncated',
  'looping-cursor',
  'expired-cursor',
  'invalid_grant',
  '429',
  '500',
  '502',
  '503',
  '504',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultOptions {
  /** A method and a path, such as `GET /api/oauth2/v2/campaigns/{id}/members`; `{…}` stands for one segment. */
  match: string;
  kind: FaultKind;
  /** Only the request for this page of a list, counted from 1. */
  page?: number | undefined;
  /** How often it strikes; null for ever. */
  times: number | null;
  /** For `slow`. */
  delay_ms?: number | undefined;
  /** For `429`; null leaves it out of the answer. */
  retry_after_seconds?: number | null | undefined;
}

export interface Fault extends FaultOptions {
  id: number;
}

function toPattern(match: string): RegExp {
  const escaped = match.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{[^}]*\}/g, '[^/ ]+');
  return new RegExp(`^${escaped}/?$`);
}

/** Trouble on demand. */
export class Faults {
  private faults: (Fault & { pattern: RegExp })[] = [];
  private lastId = 0;

  add(options: FaultOptions): Fault {
    this.lastId += 1;
    const fault = { ...options, id: this.lastId };
    this.faults.push({ ...fault, pattern: toPattern(options.match) });
    return fault;
  }

  /** The fault that strikes this request, counted as having struck once more. */
  take(method: string, path: string, page: number): Fault | undefined {
    const fault = this.faults.find(
      (one) => one.times !== 0 && one.pattern.test(`${method} ${path}`) && (one.page ?? page) === page,
    );
    if (fault !== undefined && fault.times !== null) fault.times -= 1;
    return fault;
  }

  list(): Fault[] {
    return this.faults.map(({ pattern: _, ...fault }) => fault);
  }

  clear(): void {
    this.faults = [];
  }
}

/** The error document of a fault that consists in one. */
export function faultError({ kind, retry_after_seconds }: Fault): Error | undefined {
  if (kind === '429') return throttled(retry_after_seconds === undefined ? 1 : (retry_after_seconds ?? undefined));
  if (kind === 'expired-cursor') return invalidParameter('page[cursor]');
  return /^5\d\d$/.test(kind) ? outage(Number(kind)) : undefined;
}
