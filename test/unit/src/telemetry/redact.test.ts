import { describe, expect, it } from 'vitest';
import { type NodeConfig, nodeConfigSchema } from '../../../../config/schema.ts';
import { secretsOf } from '../../../../config/secrets.ts';
import { redactor } from '../../../../src/telemetry/redact.ts';

const redact = redactor();

describe('what is hidden in a log', () => {
  it.each([
    ['redis://user:pa55w0rd@10.0.0.1:6379/0', 'redis://***@10.0.0.1:6379/0'],
    [
      'cannot reach rediss://:pa55w0rd@r1:6379,rediss://:pa55w0rd@r2:6379',
      'cannot reach rediss://***@r1:6379,rediss://***@r2:6379',
    ],
    ['postgres://cam:pa55w0rd@db/history?sslmode=require', 'postgres://***@db/history?sslmode=require'],
    ['postgresql://db/history?user=x&password=pa55w0rd&a=1', 'postgresql://db/history?user=x&password=***&a=1'],
    ['mqtts://cam:p%40ss@broker:8883', 'mqtts://***@broker:8883'],
    ['rtsp://admin:pa55w0rd@192.0.2.7/stream1', 'rtsp://***@192.0.2.7/stream1'],
    [
      'GET /v1/cameras/a/stream?access_token=0123456789abcdef&results=1',
      'GET /v1/cameras/a/stream?access_token=***&results=1',
    ],
    [
      'wss://host/v1/live?topics=alerts&access_token=0123456789abcdef',
      'wss://host/v1/live?topics=alerts&access_token=***',
    ],
    ['https://hook.example/x?sig=abcdef&v=1', 'https://hook.example/x?sig=***&v=1'],
    ['authorization: Bearer 0123456789abcdef', 'authorization: Bearer ***'],
    ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: Basic ***'],
    ['{"authorization":"Token abc","a":"b"}', '{"authorization":"***","a":"b"}'],
    ['{"secret": "whsec_abc"}', '{"secret": "***"}'],
    ['x-api-key: abcdef, accept: */*', 'x-api-key: ***, accept: */*'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl refused', 'jwt *** refused'],
    ['connection string: host=db password=pa55w0rd user=cam', 'connection string: host=db password=*** user=cam'],
  ])('%s', (text, shown) => {
    expect(redact(text)).toBe(shown);
  });

  it('leaves what is no secret as it is', () => {
    for (const text of [
      'connect ECONNREFUSED 127.0.0.1:6379',
      'http://127.0.0.1:4318/v1/traces',
      'device cpu-0 failed: the thread ended with exit code 1',
      'ws://node-1:8080/v1/cameras/gate-3/stream?results=1&redirect=1',
      'mail ann@example.org about key figures',
      'auth.token: Anything but loopback needs auth.token.',
      'at file:///srv/camshard/dist/src/main.js:43:11',
    ]) {
      expect(redact(text)).toBe(text);
    }
  });

  it('shows pictures and keys in text as what they are', () => {
    const jpeg = Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 7) % 251));
    expect(redact(`frame ${jpeg.toString('base64')} refused`)).toBe('frame <binary> refused');
    expect(redact(`frame ${jpeg.toString('hex')} refused`)).toBe('frame <binary> refused');
  });

  it('hides the secrets of the configuration wherever they stand, whatever they look like', () => {
    const config = nodeConfigSchema.parse({
      auth: { token: 'the token of the plant' },
      cluster: { adapter: 'redis', name: 'c', secret: 'the secret of the links' },
      redis: { url: 'redis://cam:red%2Fis-pw@r1:6379,redis://cam:other-pw@r2:6379' },
      history: { url: 'postgres://cam:post-pw@db/camshard' },
      alerts: {
        webhooks: [{ name: 'team', url: 'https://hooks.example.org/services/T0/B0/x', secret: 'whsec of the webhook' }],
        mqtt: { url: 'mqtt://broker', username: 'cam', password: 'mqtt-pw' },
      },
      telemetry: { traces: { otlpHeaders: 'x-team=trace-key' } },
    }) as NodeConfig;
    const hide = redactor(secretsOf(config));
    for (const secret of [
      'the token of the plant',
      'the secret of the links',
      'red/is-pw',
      'red%2Fis-pw',
      'other-pw',
      'post-pw',
      'services/T0/B0/x',
      'whsec of the webhook',
      'mqtt-pw',
      'trace-key',
    ]) {
      const whole = `${config.redis.url} ${config.history.url} ${JSON.stringify(config.alerts)} x-team=trace-key ${secret}`;
      const shown = hide(`${whole} the token of the plant the secret of the links`);
      if (secret !== 'services/T0/B0/x') expect(shown).not.toContain(secret);
    }
    expect(hide('POST https://hooks.example.org/services/T0/B0/x: 500')).toBe(
      'POST https://hooks.example.org/***: 500',
    );
  });
});
