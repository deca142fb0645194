import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopback } from '../../config/rules.ts';

/** What a request says of itself, as far as access is concerned. Header values are '' where absent. */
export interface Credentials {
  readonly authorization: string;
  readonly queryToken: string | undefined;
  readonly origin: string;
  readonly host: string;
}

export interface AccessRules {
  /** Shared secret; without one only loopback names are served. */
  readonly token: string | null;
  readonly allowedOrigins: readonly string[];
}

export type Access =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'denied'; readonly status: 401 | 403; readonly code: string; readonly message: string };

const ALLOWED: Access = { kind: 'allowed' };

/**
 * Whether a request may come in: pure.
 *
 * With a token: it must be given, as `Authorization: Bearer` or `?access_token=`. Without: the `Host` must be a
 * loopback name, so that a web page that had its own name point at 127.0.0.1 (DNS rebinding) is not served. Either way
 * a browser's `Origin`, where there is one, must be the node's own or allowed by configuration.
 */
export function decideAccess(c: Credentials, rules: AccessRules): Access {
  if (c.origin !== '' && !originAllowed(c.origin, c.host, rules.allowedOrigins)) {
    return { kind: 'denied', status: 403, code: 'origin_not_allowed', message: `origin ${c.origin} may not connect` };
  }
  if (rules.token === null) {
    if (isLoopback(hostName(c.host))) return ALLOWED;
    return {
      kind: 'denied',
      status: 403,
      code: 'host_not_allowed',
      message: 'without a token only loopback is served',
    };
  }
  const given = bearer(c.authorization) ?? c.queryToken;
  if (given === undefined) {
    return { kind: 'denied', status: 401, code: 'token_missing', message: 'this node asks for a token' };
  }
  if (sameSecret(given, rules.token)) return ALLOWED;
  return { kind: 'denied', status: 401, code: 'token_wrong', message: 'the token is not the one of this node' };
}

function originAllowed(origin: string, host: string, allowed: readonly string[]): boolean {
  if (allowed.includes(origin)) return true;
  const separator = origin.indexOf('://');
  return separator > 0 && host !== '' && origin.slice(separator + 3) === host;
}

/** Host header without its port. */
function hostName(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') + 1 : host.indexOf(':');
  return (end <= 0 ? host : host.slice(0, end)).toLowerCase();
}

function bearer(authorization: string): string | undefined {
  const match = /^Bearer +(\S+) *$/i.exec(authorization);
  return match?.[1];
}

/** Compares digests, so that neither length nor content shows in the time it takes. */
function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
