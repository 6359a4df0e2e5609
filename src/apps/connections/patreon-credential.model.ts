import type { Knex } from 'knex';
import { BaseModel } from '../../db/base-model';
import { NotFoundError } from '../../errors';

export type ConnectionState = 'not_connected' | 'connected' | 'reconnect_needed' | 'refresh_unknown' | 'disconnected';

/** Why a connection is not as it should be; the pages have a sentence for each. */
export type ConnectionFault =
  | 'campaign_taken'
  | 'client_refused'
  | 'grant_refused'
  | 'no_campaign'
  | 'other_account'
  | 'refresh_interrupted'
  | 'refused_after_renewal'
  | 'secret_unreadable'
  | 'token_endpoint_unavailable';

/** Which row of which credential a Patreon campaign is read through. */
export interface AttachedCampaign {
  patreon_campaign_id: string;
  credential_id: number;
  name: string | null;
}

/** A client registered at Patreon and, once connected, the token pair that a creator granted to it. */
export class PatreonCredential extends BaseModel {
  static override tableName = 'patreon_credentials';

  id!: number;
  /** `environment`: from PATREON_CLIENT_ID and its companions; read-only in the panel. */
  source!: 'panel' | 'environment';
  campaign_name!: string;
  client_id!: string;
  /** Sealed, as are both tokens. */
  client_secret!: string | null;
  redirect_uri!: string;
  state!: ConnectionState;
  access_token!: string | null;
  refresh_token!: string | null;
  /** Null while unknown: a pasted pair does not say how long it lives. */
  token_expires_at!: string | null;
  token_obtained_at!: string | null;
  /** Moves with every change of the tokens, so that of two writers the later one notices. */
  token_version!: number;
  /** Set while a refresh is under way; left behind by a process that died in the middle of one. */
  refresh_started_at!: string | null;
  refresh_retry_at!: string | null;
  environment_digest!: string | null;
  /** Granted scopes; empty while unknown. */
  scopes!: string[];
  patreon_user_id!: string | null;
  patreon_user_name!: string | null;
  last_error!: ConnectionFault | null;
  last_error_at!: string | null;
  connected_at!: string | null;
  disconnected_at!: string | null;
  created_at!: string;
  updated_at!: string;

  static async listAll(db: Knex): Promise<PatreonCredential[]> {
    return PatreonCredential.query(db).orderBy('id');
  }

  static async listWithTokens(db: Knex): Promise<PatreonCredential[]> {
    return PatreonCredential.query(db)
      .whereIn('state', ['connected', 'refresh_unknown'])
      .whereNotNull('access_token')
      .orderBy('id');
  }

  /** Ids of those through which a sync can read. */
  static async liveIds(db: Knex): Promise<number[]> {
    return (await PatreonCredential.listWithTokens(db)).map(({ id }) => id);
  }

  /** @throws NotFoundError */
  static async get(id: number, db: Knex): Promise<PatreonCredential> {
    const credential = await PatreonCredential.query(db).findById(id);
    if (!credential) throw new NotFoundError('There is no such credential.');
    return credential;
  }

  /** The row as it is once nobody else changes it; held until the transaction ends. @throws NotFoundError */
  static async lock(id: number, trx: Knex.Transaction): Promise<PatreonCredential> {
    const credential = await PatreonCredential.query(trx).findById(id).forUpdate();
    if (!credential) throw new NotFoundError('There is no such credential.');
    return credential;
  }

  static async campaigns(db: Knex): Promise<AttachedCampaign[]> {
    return db<AttachedCampaign>('patreon_credential_campaigns').orderBy(['credential_id', 'patreon_campaign_id']);
  }
}

/** True while reads through the credential are worth a request. */
export function isLive({ state, access_token }: Pick<PatreonCredential, 'state' | 'access_token'>): boolean {
  return (state === 'connected' || state === 'refresh_unknown') && access_token !== null;
}
