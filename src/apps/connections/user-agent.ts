import type { Config } from '../../config';
import { VERSION } from '../../lib/version';

/** Patreon wants to know who asks and whom to write to. */
export function userAgent(config: Config): string {
  return `Patrondesk/${VERSION} (+${config.http.publicUrl})`;
}
