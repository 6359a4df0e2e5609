import type { Response } from 'express';
import type { SandboxClock } from './clock';
import type { Cursors } from './cursors';
import type { Fault, Faults } from './faults';
import type { Grants, Token } from './grants';
import type { HeldAnswers } from './held-answers';
import type { Life } from './life/life';
import type { Limits } from './limits';
import type { Mutations } from './mutations';
import type { RequestEntry, RequestLog } from './request-log';
import type { RequestReport } from './request-report';
import type { World } from './world';

export interface Settings {
  /** Caps the pages of every list. */
  mostPerPage: number | null;
  /** How long every answer of API and token endpoint waits before it is worked out. */
  latencyMs: number;
  /** Whether a refresh token that was spent before takes its whole grant along. */
  reuseRevokes: boolean;
}

/** Everything one running sandbox remembers. */
export interface SandboxState {
  clock: SandboxClock;
  world: World;
  life: Life;
  grants: Grants;
  limits: Limits;
  cursors: Cursors;
  faults: Faults;
  mutations: Mutations;
  answers: HeldAnswers;
  requests: RequestLog;
  report: RequestReport;
  settings: Settings;
  /** Attributes that Patreon is made to have forgotten, as `type.attribute`. */
  withdrawnFields: Set<string>;
}

export interface SandboxLocals {
  entry: RequestEntry;
  answers: HeldAnswers;
  /** Whoever sent the request, known before any fault strikes. */
  sender?: Token | undefined;
  /** The token with which the API let the request in. */
  token?: Token;
  fault?: Fault;
  /** Set when the answer has been worked out, which may be long before it is sent. */
  answeredStatus?: number;
  /** What a 429 asked for. */
  retryAfterSeconds?: number | string | undefined;
}

export type SandboxResponse = Response<unknown, SandboxLocals>;
