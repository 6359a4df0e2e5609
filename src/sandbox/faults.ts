import { invalidParameter, notFound, outage, throttled, unauthorized, viewForbidden } from './api-error';
import { type Strike, type StrikeOptions, Strikes } from './strikes';

export const FAULT_KINDS = [
  'html',
  'html-200',
  'empty',
  'slow',
  'slow-body',
  'held-answer',
  'silence',
  'disconnect',
  'reset',
  'truncated',
  'looping-cursor',
  'renewing-cursor',
  'expired-cursor',
  'missing-cursor',
  'null-cursor',
  'short-page',
  'repeated-items',
  'vanished-list',
  'revoked-token',
  'invalid_grant',
  '401',
  '403',
  '404',
  '429',
  '500',
  '502',
  '503',
  '504',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultOptions extends StrikeOptions {
  kind: FaultKind;
  /** For `slow` and `held-answer`. */
  delay_ms?: number | undefined;
  /** For `slow-body`. */
  bytes_per_second?: number | undefined;
  /** For `429`: any number or text; null leaves it out of the answer. */
  retry_after_seconds?: number | string | null | undefined;
  /** The `Retry-After` header of a `429` or an outage. */
  retry_after_header?: number | string | undefined;
  /** How many items: left on a `short-page`, repeated by `repeated-items`. */
  count?: number | undefined;
  /** For `vanished-list`: the total still tells how many there are. */
  keeps_total?: boolean | undefined;
}

export type Fault = Strike<FaultOptions>;

/** Trouble on demand. */
export class Faults extends Strikes<FaultOptions> {}

/** The error document of a fault that consists in one. */
export function faultError({ kind, retry_after_seconds }: FaultOptions, path: string): Error | undefined {
  switch (kind) {
    case '401':
    case 'revoked-token':
      return unauthorized();
    case '403':
      return viewForbidden('object', path.split('/').at(-1) ?? '');
    case '404':
      return notFound();
    case '429':
      return throttled(retry_after_seconds === undefined ? 1 : (retry_after_seconds ?? undefined));
    case 'expired-cursor':
      return invalidParameter('page[cursor]');
    default:
      return /^5\d\d$/.test(kind) ? outage(Number(kind)) : undefined;
  }
}
