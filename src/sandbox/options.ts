import type { JsonApiDocument } from './document';
import type { CampaignOptions } from './generated/campaign-plan';
import type { LimitRules } from './limits';

export interface SandboxOptions {
  /** 0, the default, takes any free port. */
  port?: number;
  host?: string;
  seed?: number;
  /** One believable campaign by default. */
  campaigns?: CampaignOptions[];
  /** Ready JSON:API documents to serve instead of generated people. */
  documents?: JsonApiDocument[];
  /** The sandbox's time when it starts, in milliseconds. */
  now?: number;
  /** The moment at which all generated histories end; `now` by default. */
  anchor?: number;
  clientId?: string;
  clientSecret?: string;
  redirectUris?: string[];
  /** Life of access tokens in seconds. */
  expiresIn?: number;
  cursorLifetimeMs?: number;
  /** Patreon's documented limits by default; null for none. */
  limits?: LimitRules | null;
  /** Where image addresses point: the sandbox itself by default; null leaves Patreon's own hosts. */
  imageOrigin?: string | null;
}
