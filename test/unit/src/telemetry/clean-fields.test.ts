import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { CamshardError } from '../../../../core/errors.ts';
import { cleanFields } from '../../../../src/telemetry/clean-fields.ts';
import { redactor } from '../../../../src/telemetry/redact.ts';

const clean = (fields: object) => cleanFields(fields, redactor());

describe('the fields of a line of the log', () => {
  it('are as they were given where there is nothing to hide', () => {
    const fields = { camera: 'gate-3', shard: 7, epoch: 2, ok: true, none: null, list: ['a', 1], more: { depth: 1.5 } };
    expect(clean(fields)).toEqual(fields);
  });

  it('hold binary data as its size, in whatever it comes', () => {
    const picture = Buffer.alloc(3_000, 0xff);
    expect(
      clean({ picture, part: picture.subarray(0, 10), raw: picture.buffer.slice(0, 99), in: { it: [picture] } }),
    ).toEqual({
      picture: '<3000 bytes>',
      part: '<10 bytes>',
      raw: '<99 bytes>',
      in: { it: ['<3000 bytes>'] },
    });
  });

  it('hide what is a secret by its name, and what looks like one', () => {
    expect(
      clean({
        token: 'abc',
        headers: { Authorization: 'x y', cookie: 'a=b', accept: 'json' },
        db_password: 'pw',
        secret: null,
        url: 'redis://u:p4ss@h',
      }),
    ).toEqual({
      token: '***',
      headers: { Authorization: '***', cookie: '***', accept: 'json' },
      db_password: '***',
      secret: null,
      url: 'redis://***@h',
    });
  });

  it('are cut where they are long, deep or many', () => {
    const deep: Record<string, unknown> = {};
    deep.itself = deep;
    const text = JSON.stringify(
      clean({
        deep,
        text: 'word '.repeat(10_000),
        list: Array.from({ length: 5_000 }, (_, i) => i),
        map: new Map([['a', 1]]),
      }),
    );
    expect(text.length).toBeLessThan(2_000);
    expect(text).toContain('<4968 more>');
    expect(text).toContain('"map":{"a":1}');
  });

  it('keep of an error its type, code, message, stack and causes', () => {
    const inner = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', address: '10.0.0.1' });
    const { err } = clean({
      err: new CamshardError('store_unavailable', 'redis://u:p4ss@h is away', { cause: inner }),
    });
    expect(err).toMatchObject({
      type: 'CamshardError',
      code: 'store_unavailable',
      message: 'redis://***@h is away',
      stack: expect.stringContaining('redis://***@h is away'),
      cause: { type: 'Error', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' },
    });
    expect(clean(new Error('by itself'))).toMatchObject({ err: { message: 'by itself' } });
    expect(JSON.stringify(clean({ err: new AggregateError([inner], 'all failed') }))).toContain('ECONNREFUSED');
  });

  it('drop the command an error of Redis carries, with what was to be written', async () => {
    const client = new Redis({
      host: '127.0.0.1',
      port: 1,
      lazyConnect: true,
      retryStrategy: null,
      maxRetriesPerRequest: 0,
    });
    client.on('error', () => {});
    const error = await client.set('key', 'a picture’s bytes').catch((cause: Error) => cause);
    client.disconnect();
    const carried = Object.assign(error as Error, { command: { name: 'auth', args: ['pa55w0rd'] } });
    expect(JSON.stringify(clean({ err: carried }))).not.toMatch(/pa55w0rd|bytes|command/);
  });
});
