import { BadQueryError } from './bad-query.ts';

/**
 * Where the next page begins: the key of the last row given, opaque to clients. Rows are asked for by key, never by
 * number, so that rows written meanwhile shift nothing.
 */
export type CursorKey = readonly (string | number)[];

const CURSOR_CHARS_MAX = 2_048;

/** The range the first page was asked for: `-24h` means another one by the time the second page is. */
export interface CursorRange {
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** @param shape what the query asks for: a cursor of another query is refused instead of giving odd rows. */
export function encodeCursor(shape: string, { fromMs, toMs }: CursorRange, key: CursorKey): string {
  return Buffer.from(JSON.stringify([checksum(shape), fromMs, toMs, ...key])).toString('base64url');
}

/** The range a cursor carries; undefined where it is none, which {@link decodeCursor} will say. */
export function cursorRange(text: string): CursorRange | undefined {
  const [, fromMs, toMs] = partsOf(text) ?? [];
  const isEnd = (end: unknown): end is number | null =>
    end === null || (typeof end === 'number' && end >= 0 && end <= 8.64e15);
  return isEnd(fromMs) && isEnd(toMs) ? { fromMs, toMs } : undefined;
}

/** @throws BadQueryError where it is no cursor, or another query's. */
export function decodeCursor(shape: string, text: string): CursorKey {
  const refused = new BadQueryError('after', 'the `next` of the page before, with everything else as in that query');
  const parts = partsOf(text);
  if (parts === undefined || parts[0] !== checksum(shape)) throw refused;
  const key: unknown[] = parts.slice(3);
  if (!key.every((part) => typeof part === 'string' || (typeof part === 'number' && Number.isFinite(part))))
    throw refused;
  return key as CursorKey;
}

function partsOf(text: string): readonly unknown[] | undefined {
  if (text.length > CURSOR_CHARS_MAX) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(parts) ? parts : undefined;
  } catch {
    return undefined;
  }
}

/** FNV-1a, 32 bits: tells queries apart, guards nothing. */
function checksum(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
