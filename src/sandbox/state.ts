import type { Response } from 'express';
import type { SandboxClock } from './clock';
import type { Cursors } from './cursors';
import type { Fault, Faults } from './faults';
import type { Grants, Token } from './grants';
import type { Limits } from './limits';
import type { RequestEntry, RequestLog } from './request-log';
import type { World } from './world';

/** Everything one running sandbox remembers. */
export interface SandboxState {
  clock: SandboxClock;
  world: World;
  grants: Grants;
  limits: Limits;
  cursors: Cursors;
  faults: Faults;
  requests: RequestLog;
  /** Attributes that Patreon is made to have forgotten, as `type.attribute`. */
  withdrawnFields: Set<string>;
}

export interface SandboxLocals {
  entry: RequestEntry;
  token?: Token;
  fault?: Fault;
}

export type SandboxResponse = Response<unknown, SandboxLocals>;
