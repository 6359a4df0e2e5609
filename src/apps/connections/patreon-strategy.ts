import type { Request } from 'express';
import type { oauth2tokenCallback } from 'oauth';
import OAuth2Strategy from 'passport-oauth2';
import type { Context } from '../../context';
import { AUTHORIZE_PATH, exchangeCode, type PatreonTokens, TOKEN_PATH, WANTED_SCOPES } from '../../patreon/oauth';
import { openSecret } from './credential-secrets';
import { createState, type StateOwner, spendState } from './oauth-states.service';
import type { PatreonCredential } from './patreon-credential.model';
import { userAgent } from './user-agent';

/** One trip through Patreon's consent page for one credential; made anew for each request. */
export class PatreonStrategy extends OAuth2Strategy {
  /** What Patreon granted, once the trip has ended well. */
  tokens: PatreonTokens | undefined;
  /** Why the code was not exchanged. */
  failure: unknown;

  /** @throws SecretUnreadableError when the stored client secret cannot be opened. */
  constructor(context: Context, credential: PatreonCredential) {
    const { baseUrl } = context.config.patreon;
    const { client_id: clientID, redirect_uri: callbackURL } = credential;
    const clientSecret = openSecret(context.secrets, 'client_secret', credential);
    super(
      {
        authorizationURL: new URL(AUTHORIZE_PATH, baseUrl).href,
        tokenURL: new URL(TOKEN_PATH, baseUrl).href,
        clientID,
        clientSecret,
        callbackURL,
        scope: [...WANTED_SCOPES],
        store: new DatabaseStateStore(context, credential.id),
        skipUserProfile: true,
      },
      (_accessToken: string, _refreshToken: string, _profile: unknown, done: OAuth2Strategy.VerifyCallback) =>
        done(null, {}),
    );
    this.name = 'patreon';
    const exchange = (code: string) =>
      exchangeCode({
        baseUrl,
        userAgent: userAgent(context.config),
        clientId: clientID,
        clientSecret,
        code,
        redirectUri: callbackURL,
        scopes: WANTED_SCOPES,
      });
    // The library's own request has no deadline, follows redirects and takes any content type.
    this._oauth2.getOAuthAccessToken = (code: string, _params: unknown, done?: oauth2tokenCallback) => {
      exchange(code).then(
        (tokens) => {
          this.tokens = tokens;
          done?.(null as never, tokens.accessToken, tokens.refreshToken, {});
        },
        (error: unknown) => {
          this.failure = error;
          done?.(new Error('the code was not exchanged'));
        },
      );
    };
  }
}

/** passport-oauth2's store over `oauth_states`. It tells by the number of parameters what to hand over. */
class DatabaseStateStore implements OAuth2Strategy.StateStore {
  constructor(
    private readonly context: Context,
    private readonly credentialId: number,
  ) {}

  store(req: Request, _meta: unknown, callback?: OAuth2Strategy.StateStoreStoreCallback): void {
    createState(this.context, this.credentialId, stateOwner(req)).then(
      (state) => callback?.(null, state),
      (error: Error) => callback?.(error, null),
    );
  }

  verify(req: Request, state: string, _meta: unknown, callback?: OAuth2Strategy.StateStoreVerifyCallback): void {
    spendState(this.context, state, stateOwner(req)).then(
      (credentialId) => callback?.(null, credentialId === this.credentialId, state),
      (error: Error) => callback?.(error, false, null),
    );
  }
}

export function stateOwner({ staff, sessionID }: Request): StateOwner {
  return { staffId: staff?.id ?? 0, sessionId: sessionID };
}
