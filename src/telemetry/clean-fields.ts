import { HIDDEN } from '../../config/secrets.ts';

/** What a line of the log may hold at most: enough to see what happened, never a payload. */
const TEXT_CHARS_MAX = 1_000;
const STACK_CHARS_MAX = 4_000;
const ENTRIES_MAX = 32;
const KEYS_MAX = 64;
const DEPTH_MAX = 5;
const CAUSES_MAX = 5;

const SECRET_NAME = /^(?:.*[_-])?(?:authorization|cookie|password|passwd|secret|token|apikey|api[_-]key)$/i;

type Redact = (text: string) => string;

/**
 * The fields of a line as they may be written: secrets hidden, binary data as its size, long texts and lists cut, errors
 * as what they say. Errors of clients carry the command that failed, arguments and all: nothing of an error is kept but
 * its type, code, message, stack and causes.
 */
export function cleanFields(fields: object, redact: Redact): Record<string, unknown> {
  if (fields instanceof Error) return { err: describeError(fields, redact) };
  return cleanObject(fields, redact, 0);
}

function cleanObject(value: object, redact: Redact, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value).slice(0, KEYS_MAX)) {
    const hidden = SECRET_NAME.test(name) && inner !== null && inner !== undefined && typeof inner !== 'boolean';
    clean[redact(name)] = hidden ? HIDDEN : cleanValue(inner, redact, depth + 1);
  }
  return clean;
}

function cleanValue(value: unknown, redact: Redact, depth: number): unknown {
  if (typeof value === 'string') return cut(redact(value), TEXT_CHARS_MAX);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return describeError(value, redact);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `<${value.byteLength} bytes>`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : value.toISOString();
  if (value instanceof URL) return cut(redact(value.href), TEXT_CHARS_MAX);
  if (depth > DEPTH_MAX) return '<more>';
  if (value instanceof Map) return cleanObject(Object.fromEntries(value), redact, depth);
  if (Array.isArray(value) || value instanceof Set) {
    const all = [...value];
    const kept = all.slice(0, ENTRIES_MAX).map((entry) => cleanValue(entry, redact, depth + 1));
    return all.length > ENTRIES_MAX ? [...kept, `<${all.length - ENTRIES_MAX} more>`] : kept;
  }
  return cleanObject(value, redact, depth);
}

/** An error and what caused it, the outermost first. */
export function describeError(error: Error, redact: Redact, depth = 0): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  const inner = cause ?? (error instanceof AggregateError ? error.errors[0] : undefined);
  return {
    type: name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    message: cut(redact(message), TEXT_CHARS_MAX),
    // The first one's says where it was met; of the others what they say is enough.
    ...(depth === 0 && stack !== undefined ? { stack: cut(redact(stack), STACK_CHARS_MAX) } : {}),
    ...(inner === undefined || inner === null || depth >= CAUSES_MAX
      ? {}
      : {
          cause:
            inner instanceof Error
              ? describeError(inner, redact, depth + 1)
              : cut(redact(String(inner)), TEXT_CHARS_MAX),
        }),
  };
}

function cut(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}<${text.length - charsMax} more>`;
}
