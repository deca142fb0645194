/**
 * Which keys hold secrets, and how they look where people and logs may see them. Besides tokens these are addresses:
 * databases and brokers carry user and password in theirs, and many a webhook is known by its path alone.
 */

/** `all` hides the value, `login` an address's user, password and such parameters, `path` all behind the host. */
type Hiding = 'all' | 'login' | 'path';

/** By key; `[]` is any entry of a list. */
export const SECRET_KEYS: Readonly<Record<string, Hiding>> = {
  'auth.token': 'all',
  'alerts.webhooks[].url': 'path',
  'alerts.webhooks[].secret': 'all',
  'alerts.mqtt.url': 'login',
  'alerts.mqtt.password': 'all',
  'history.url': 'login',
  'history.replicas[]': 'login',
  'redis.url': 'login',
  'telemetry.traces.otlpUrl': 'login',
  'telemetry.traces.otlpHeaders': 'all',
};

export const HIDDEN = '***';

/**
 * Whether a value at `path` is a secret, holds one or lies within one: an error shows none of it, since a value of the
 * wrong shape cannot be hidden piece by piece.
 */
export function holdsSecret(path: readonly PropertyKey[]): boolean {
  const key = keyOf(path);
  if (key === '') return true;
  return Object.keys(SECRET_KEYS).some((secret) => secret === key || isWithin(secret, key) || isWithin(key, secret));
}

const isWithin = (inner: string, outer: string) => inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);

function keyOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, p) => (typeof p === 'number' ? `${text}[]` : text === '' ? String(p) : `${text}.${String(p)}`),
    '',
  );
}

/** A copy of plain data with every secret hidden. Null stays: that none is set is no secret. */
export function hideSecrets(value: unknown, path: readonly PropertyKey[] = []): unknown {
  const hiding = SECRET_KEYS[keyOf(path)];
  if (hiding !== undefined && value !== null && value !== undefined) {
    return typeof value === 'string' ? hide(value, hiding) : HIDDEN;
  }
  if (Array.isArray(value)) return value.map((entry, i) => hideSecrets(entry, [...path, i]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, hideSecrets(inner, [...path, name])]));
}

function hide(value: string, hiding: Hiding): string {
  if (hiding === 'all') return HIDDEN;
  return hiding === 'path' ? hideUrlPath(value) : hideLogin(value);
}

/** `postgres://user:password@host/db?password=x` → `postgres://***@host/db?password=***`. */
export function hideLogin(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, `$1${HIDDEN}@`)
    .replace(/([?&][^=&]*(?:token|password|passwd|pwd|secret|key|auth)[^=&]*=)[^&#]*/gi, `$1${HIDDEN}`);
}

/** `https://hooks.example.org/services/T0/B0/x` → `https://hooks.example.org/***`. */
export function hideUrlPath(url: string): string {
  const parts = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^/?#]*)(.*)$/i.exec(url);
  if (parts === null) return HIDDEN;
  const [, scheme = '', host = '', rest = ''] = parts;
  return rest === '' || rest === '/' ? `${scheme}${host}${rest}` : `${scheme}${host}/${HIDDEN}`;
}
