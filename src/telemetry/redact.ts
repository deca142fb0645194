import { HIDDEN } from '../../config/secrets.ts';

/** Patterns of what must not be read in a log, wherever it comes from, and what is put in its place. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // User and password of an address: redis://u:p@host, postgres://, amqp://, rtsp://.
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#"'<>]+@/gi, `$1${HIDDEN}@`],
  // A parameter that is a secret by its name: ?access_token=x, &sig=x, password=x in a connection string.
  [
    /((?:^|[?&;\s"'])[\w.-]*(?:token|passw(?:or)?d|pwd|secret|api_?key|auth|signature|sig)=)[^&#;\s"']+/gi,
    `$1${HIDDEN}`,
  ],
  // The same in JSON.
  [/("[\w-]*(?:token|passw(?:or)?d|secret|api_?key|authorization|cookie)"\s*:\s*")[^"]*/gi, `$1${HIDDEN}`],
  // Headers.
  [/\b(Bearer|Basic|Digest)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${HIDDEN}`],
  [/\b((?:x-[\w-]*(?:key|token|signature)|cookie|set-cookie)\s*:\s*)[^\r\n"',]+/gi, `$1${HIDDEN}`],
  // A JWT by itself.
  [/\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g, HIDDEN],
  // A picture or a key as text: base64 or hex of any kind.
  [/[A-Za-z0-9+/_-]{160,}={0,2}/g, '<binary>'],
];

/** A secret this process knows, and how it looks where it may be seen. */
export type KnownSecret = readonly [secret: string, shown: string];

/** Shorter ones are words that may stand anywhere. */
const SECRET_CHARS_MIN = 6;

/** Hides what must not be read: secrets of the configuration wherever they stand, and whatever looks like one. */
export function redactor(known: readonly KnownSecret[] = []): (text: string) => string {
  const exact = known.filter(([secret]) => secret.length >= SECRET_CHARS_MIN);
  return (text) => {
    let clean = text;
    for (const [secret, shown] of exact) if (clean.includes(secret)) clean = clean.replaceAll(secret, shown);
    for (const [pattern, shown] of PATTERNS) clean = clean.replace(pattern, shown);
    return clean;
  };
}
