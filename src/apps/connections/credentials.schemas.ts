import { z } from 'zod';
import { plainText } from '../../http/parse';
import { CALLBACK_PATHS } from './callback-paths';

const key = (name: string) => `connections:errors.${name}`;

/** What Patreon hands out for machines: printable, without spaces. */
const code = (name: string, longest: number) =>
  z
    .string(key(name))
    .trim()
    .regex(/^[\x21-\x7e]*$/, key(name))
    .max(longest, key(name));
const optionalCode = (name: string, longest: number) =>
  code(name, longest)
    .default('')
    .transform((value) => value || undefined);

const redirectUri = z
  .string(key('redirectUri'))
  .trim()
  .max(500, key('redirectUri'))
  .refine(isCallbackAddress, key('redirectUri'));

/** Patreon sends the browser back to it, so it has to be one that this panel answers. */
function isCallbackAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, pathname, search, hash, username } = new URL(value);
  const isPlain = search === '' && hash === '' && username === '';
  return /^https?:$/.test(protocol) && isPlain && CALLBACK_PATHS.some((path) => pathname.endsWith(path));
}

const fields = z.object({
  client_id: code('clientId', 200).min(1, key('clientId')),
  client_secret: optionalCode('clientSecret', 500),
  campaign_name: z
    .string(key('campaignName'))
    .trim()
    .min(1, key('campaignName'))
    .max(200, key('campaignName'))
    .pipe(plainText),
  redirect_uri: redirectUri,
  creator_access_token: optionalCode('token', 4_000),
  creator_refresh_token: optionalCode('token', 4_000),
});

/** The creator's tokens go together. */
function withTokenRules<S extends z.ZodType<TokenFields>>(form: S) {
  return form.superRefine(({ creator_access_token, creator_refresh_token }, ctx) => {
    const incomplete = (path: string) => ctx.addIssue({ code: 'custom', path: [path], message: key('bothTokens') });
    if (creator_access_token && !creator_refresh_token) incomplete('creator_refresh_token');
    if (creator_refresh_token && !creator_access_token) incomplete('creator_access_token');
  });
}

interface TokenFields {
  creator_access_token?: string | undefined;
  creator_refresh_token?: string | undefined;
}

/** An empty secret means: keep the stored one. */
export const credentialForm = withTokenRules(fields);
/** A new credential has nothing to keep. */
export const newCredentialForm = withTokenRules(
  fields.extend({ client_secret: code('clientSecret', 500).min(1, key('clientSecret')) }),
);

export type CredentialForm = z.output<typeof credentialForm>;
export type NewCredentialForm = z.output<typeof newCredentialForm>;

export const confirmationForm = z.object({
  confirm: z.string(key('confirm')).trim().max(200, key('confirm')).default(''),
});

const parameter = z.string().min(1).max(2_000).optional();

/** What Patreon adds to the callback's address. Anything repeated or overlong is not from Patreon. */
export const callbackQuery = z.object({ code: parameter, state: parameter, error: parameter });
