import pino, { type DestinationStream, type Logger } from 'pino';

export type { Logger };

const EMAIL = /[^\s"'<>@,;:]+@[^\s"'<>@,;:]+\.[^\s"'<>@,;:]+/g;
const BEARER = /\b(Bearer\s+)[\w.~+/=-]+/gi;
const SECRET_NAMES = [
  'password',
  'secret',
  'token',
  'access_token',
  'refresh_token',
  'accessToken',
  'refreshToken',
  'client_secret',
  'clientSecret',
  'authorization',
  'cookie',
  'set-cookie',
  'code',
  'state_token',
  'email',
  '_csrf',
];

/** Takes e-mail addresses and bearer tokens out of text that was not made for a log, such as a driver's message. */
export function scrub(text: string): string {
  return text.replace(EMAIL, '[e-mail]').replace(BEARER, '$1[redacted]');
}

const PATH_CHARACTERS = 300;

/** A request's address as it may be kept: no query, which may hold codes and searched e-mails, and no e-mail in the path. */
export function pathToKeep(url: string): string {
  const [path = ''] = url.slice(0, PATH_CHARACTERS).split('?');
  const segments = path.split('/').map((segment) => (/@|%40/i.test(segment) ? '[e-mail]' : segment));
  return segments.join('/');
}

/** JSON lines on standard error; pretty on a terminal. Standard output belongs to the commands. */
export function createLogger(options: { level: string; pretty: boolean; destination?: DestinationStream }): Logger {
  return pino(
    {
      level: options.level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: SECRET_NAMES.flatMap((n) => [`["${n}"]`, `*["${n}"]`, `*.*["${n}"]`]), censor: '[redacted]' },
      serializers: { err: serializeError },
      hooks: {
        logMethod(args, method) {
          method.apply(this, args.map((a) => (typeof a === 'string' ? scrub(a) : a)) as Parameters<typeof method>);
        },
      },
    },
    options.destination ??
      (options.pretty
        ? pino.transport({
            target: 'pino-pretty',
            options: { destination: 2, translateTime: 'HH:MM:ss', ignore: 'pid,hostname' },
          })
        : pino.destination({ dest: 2, sync: true })),
  );
}

/** Only what helps: a database error's `detail` repeats row values, so it is left out. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return scrub(String(error));
  const { code, status, kind } = error as Error & { code?: unknown; status?: unknown; kind?: unknown };
  return {
    type: error.name,
    message: scrub(error.message),
    // Not `code`, which is where OAuth keeps a secret and is redacted.
    errorCode: code,
    status,
    kind,
    stack: error.stack && scrub(error.stack),
    cause: error.cause === undefined ? undefined : serializeError(error.cause),
  };
}
