import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';

const deflated = promisify(deflateRaw);
const inflated = promisify(inflateRaw);

/** JSON longer than this is deflated; shorter gains little. */
const PLAIN_BYTES_MAX = 1_024;
/** What no checkpoint comes near; a damaged one must not take all memory. */
const JSON_BYTES_MAX = 64 * 1024 ** 2;

const PLAIN = 0;
const DEFLATED = 1;

/** JSON as bytes: how it is kept, then the text, deflated off the main thread where it is long. */
export async function packJson(value: unknown): Promise<Buffer> {
  const text = Buffer.from(JSON.stringify(value));
  if (text.length <= PLAIN_BYTES_MAX) return Buffer.concat([Buffer.of(PLAIN), text]);
  // The fastest level: JSON of numbers shrinks to a fifth with it, and by little more with any other.
  return Buffer.concat([Buffer.of(DEFLATED), await deflated(text, { level: 1 })]);
}

/** @throws SyntaxError, or an error of zlib, where the bytes are damaged or of a later version */
export async function unpackJson(bytes: Buffer): Promise<unknown> {
  const rest = bytes.subarray(1);
  switch (bytes[0]) {
    case PLAIN:
      return JSON.parse(rest.toString());
    case DEFLATED:
      return JSON.parse((await inflated(rest, { maxOutputLength: JSON_BYTES_MAX })).toString());
    default:
      throw new SyntaxError(`packed in an unknown way: ${bytes[0]}`);
  }
}
