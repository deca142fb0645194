import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ApiAnswer, Route } from './exchange.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.map': 'application/json',
};

/** The page may load its own files, talk to its own node and show pictures it made; nothing else. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self' blob:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Where the built page lies, seen from `dist/src/http/` and, for tests, from the sources. */
export function builtPageDir(): string {
  return fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../dist/web' : '../../web', import.meta.url));
}

/** Routes for the built page in `dir`, read into memory once: it is a few files. Empty where it was not built. */
export function staticRoutes(dir: string): Route[] {
  let names: string[];
  try {
    names = readdirSync(dir, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
  return names
    .filter((name) => statSync(join(dir, name)).isFile())
    .flatMap((name) => {
      const handler = fileHandler(join(dir, name), name.startsWith('assets/'));
      const route: Route = { method: 'get', pattern: `/${name}`, handler, open: true };
      return name === 'index.html' ? [route, { ...route, pattern: '/' }] : [route];
    });
}

function fileHandler(path: string, immutable: boolean): (request: { readonly ifNoneMatch: string }) => ApiAnswer {
  const body = readFileSync(path);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const headers = {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    // Names of assets carry their content's hash; everything else is asked for again.
    'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag,
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
  return ({ ifNoneMatch }) =>
    ifNoneMatch === etag ? { status: 304, headers: { etag }, body: '' } : { status: 200, headers, body };
}
