import { z } from 'zod';
import { TEXT_BYTES_MAX } from '../../config/limits.ts';
import { SCHEMA_VERSION } from '../../core/frame-codec.ts';
import type { HelloMessage } from '../../core/protocol.ts';

const hello = z.strictObject({
  type: z.literal('hello'),
  schemaVersion: z.literal(SCHEMA_VERSION),
  fps: z.number().min(0.01).max(240).optional(),
  width: z.int().min(1).max(65_535).optional(),
  height: z.int().min(1).max(65_535).optional(),
});

export type ReadText =
  | { readonly kind: 'hello'; readonly hello: HelloMessage }
  | { readonly kind: 'bad'; readonly code: string; readonly message: string };

const bad = (code: string, message: string): ReadText => ({ kind: 'bad', code, message });

/** Reads the one text message a camera may send; anything else is answered with what is wrong about it. */
export function readText(bytes: Uint8Array): ReadText {
  if (bytes.byteLength > TEXT_BYTES_MAX) {
    return bad('text_too_large', `text of ${bytes.byteLength} bytes, at most ${TEXT_BYTES_MAX}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return bad('text_not_json', 'a text message must be JSON; pictures go in binary messages');
  }
  if (typeof value !== 'object' || value === null || !('type' in value) || value.type !== 'hello') {
    return bad('unknown_message', 'the only text message a camera sends is {"type":"hello",...}');
  }
  if ('schemaVersion' in value && value.schemaVersion !== SCHEMA_VERSION) {
    return bad(
      'unsupported_schema_version',
      `schemaVersion ${shown(value.schemaVersion)}, this node knows ${SCHEMA_VERSION}`,
    );
  }
  const parsed = hello.safeParse(value);
  if (parsed.success) return { kind: 'hello', hello: parsed.data as HelloMessage };
  const issue = parsed.error.issues[0];
  const code = issue?.code === 'unrecognized_keys' ? 'unknown_field' : 'bad_hello';
  return bad(code, `hello: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'malformed'}`);
}

/** What came, for the answer: not by String(), which runs code of what came. */
const shown = (value: unknown): string => (JSON.stringify(value) ?? 'missing').slice(0, 40);
