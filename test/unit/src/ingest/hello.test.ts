import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TEXT_BYTES_MAX } from '../../../../config/limits.ts';
import { readText } from '../../../../src/ingest/hello.ts';

const read = (message: unknown) =>
  readText(new TextEncoder().encode(typeof message === 'string' ? message : JSON.stringify(message)));

describe('readText', () => {
  it('reads a hello with any of its fields', () => {
    expect(read({ type: 'hello', schemaVersion: 1 })).toEqual({
      kind: 'hello',
      hello: { type: 'hello', schemaVersion: 1 },
    });
    const full = { type: 'hello', schemaVersion: 1, fps: 0.5, width: 1920, height: 1080 };
    expect(read(full)).toEqual({ kind: 'hello', hello: full });
  });

  it('names the field it does not know', () => {
    expect(read({ type: 'hello', schemaVersion: 1, fsp: 5 })).toMatchObject({
      code: 'unknown_field',
      message: expect.stringContaining('fsp'),
    });
  });

  it('names the version it does not know before it looks at the rest', () => {
    expect(read({ type: 'hello', schemaVersion: 2, newField: true })).toMatchObject({
      code: 'unsupported_schema_version',
      message: expect.stringContaining('2'),
    });
  });

  it('names the field whose value is wrong', () => {
    for (const [field, value] of [
      ['fps', 0],
      ['fps', 241],
      ['width', 1.5],
      ['height', 65_536],
    ] as const) {
      expect(read({ type: 'hello', schemaVersion: 1, [field]: value })).toMatchObject({
        code: 'bad_hello',
        message: expect.stringContaining(field),
      });
    }
  });

  it('refuses text over its limit without parsing it', () => {
    const exact = JSON.stringify({ type: 'hello', schemaVersion: 1 }).padEnd(TEXT_BYTES_MAX);
    expect(read(exact).kind).toBe('hello');
    expect(read(`${exact} `)).toMatchObject({ code: 'text_too_large' });
  });

  it('answers a version that is no number without running anything of it', () => {
    const hostile = { toString: 0, valueOf: 0 };
    expect(read({ type: 'hello', schemaVersion: hostile })).toMatchObject({ code: 'unsupported_schema_version' });
  });

  it('never throws, whatever the bytes are, and its answers stay short', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.json().map((t) => new TextEncoder().encode(t)),
        ),
        (bytes) => {
          const answer = readText(bytes);
          if (answer.kind === 'bad') expect(answer.message.length).toBeLessThan(5_000);
        },
      ),
      { seed: 2, numRuns: 300 },
    );
  });
});
