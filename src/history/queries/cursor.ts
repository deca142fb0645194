import { BadQueryError } from './bad-query.ts';

/**
 * Where the next page begins: the key of the last row given, opaque to clients. Rows are asked for by key, never by
 * number, so that rows written meanwhile shift nothing.
 */
export type CursorKey = readonly (string | number)[];

const CURSOR_CHARS_MAX = 2_048;

/** @param shape what the query asks for: a cursor of another query is refused instead of giving odd rows. */
export function encodeCursor(shape: string, key: CursorKey): string {
  return Buffer.from(JSON.stringify([checksum(shape), ...key])).toString('base64url');
}

/** @throws BadQueryError where it is no cursor, or another query's. */
export function decodeCursor(shape: string, text: string): CursorKey {
  const refused = new BadQueryError('after', 'the `next` of the page before, with everything else as in that query');
  if (text.length > CURSOR_CHARS_MAX) throw refused;
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    throw refused;
  }
  if (!Array.isArray(parts) || parts[0] !== checksum(shape)) throw refused;
  const key: unknown[] = parts.slice(1);
  if (!key.every((part) => typeof part === 'string' || (typeof part === 'number' && Number.isFinite(part))))
    throw refused;
  return key as CursorKey;
}

/** FNV-1a, 32 bits: tells queries apart, guards nothing. */
function checksum(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
