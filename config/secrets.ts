/**
 * Which keys hold secrets, and how they look where people and logs may see them. Besides tokens these are addresses:
 * databases and brokers carry user and password in theirs, and many a webhook is known by its path alone.
 */

/** `all` hides the value, `login` an address's user, password and such parameters, `path` all behind the host. */
type Hiding = 'all' | 'login' | 'path';

/** By key; `[]` is any entry of a list. */
export const SECRET_KEYS: Readonly<Record<string, Hiding>> = {
  'auth.token': 'all',
  'cluster.secret': 'all',
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

/**
 * Every secret in a configuration with what is shown in its place, the longest first: an address and the password in it
 * are two.
 */
export function secretsOf(config: unknown): (readonly [secret: string, shown: string])[] {
  const found: (readonly [string, string])[] = [];
  const visit = (value: unknown, path: readonly PropertyKey[]): void => {
    const hiding = SECRET_KEYS[keyOf(path)];
    if (hiding !== undefined && typeof value === 'string') {
      found.push([value, hide(value, hiding)]);
      // Of `name=value,name=value` each value by itself is one.
      const values = hiding === 'all' ? value.split(',').map((pair) => pair.slice(pair.indexOf('=') + 1)) : [];
      for (const part of values) found.push([part, HIDDEN], [decoded(part), HIDDEN]);
      // Several of a cluster, comma between.
      const urls = hiding === 'all' ? [] : value.split(/,(?=[a-z][a-z0-9+.-]*:\/\/)/i);
      for (const url of urls) {
        const { password = '' } = URL.canParse(url) ? new URL(url) : {};
        for (const part of [password, decoded(password)]) if (part !== '') found.push([part, HIDDEN]);
      }
    } else if (Array.isArray(value)) {
      value.forEach((entry, i) => void visit(entry, [...path, i]));
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) visit(inner, [...path, name]);
    }
  };
  visit(config, []);
  return found.filter(([secret, shown]) => secret !== shown).sort(([a], [b]) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function hide(value: string, hiding: Hiding): string {
  if (hiding === 'all') return HIDDEN;
  return hiding === 'path' ? hideUrlPath(value) : hideLogin(value);
}

/** `postgres://user:password@host/db?password=x` → `postgres://***@host/db?password=***`; each of several, comma between. */
export function hideLogin(url: string): string {
  return url
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/gi, `$1${HIDDEN}@`)
    .replace(/([?&][^=&]*(?:token|password|passwd|pwd|secret|key|auth)[^=&]*=)[^&#]*/gi, `$1${HIDDEN}`);
}

/** `https://hooks.example.org/services/T0/B0/x` → `https://hooks.example.org/***`. */
export function hideUrlPath(url: string): string {
  const parts = /^([a-z][a-z0-9+.-]*:\/\/)(?:[^/?#]*@)?([^/?#]*)(.*)$/i.exec(url);
  if (parts === null) return HIDDEN;
  const [, scheme = '', host = '', rest = ''] = parts;
  return rest === '' || rest === '/' ? `${scheme}${host}${rest}` : `${scheme}${host}/${HIDDEN}`;
}
