import { describe, expect, it } from 'vitest';
import { signWebhook } from '../../../../src/adapters/alerts/sign-webhook.ts';
import { judgeWebhookAnswer } from '../../../../src/adapters/alerts/webhook-answer.ts';

describe('a webhook', () => {
  it('is signed with HMAC-SHA256 over id, timestamp and body', () => {
    // Made with: printf %s 'msg_1.1614265330.{"test": 2432232314}' | openssl dgst -sha256 -hmac 0123456789abcdef -binary | base64
    expect(signWebhook('0123456789abcdef', 'msg_1', 1_614_265_330, '{"test": 2432232314}')).toBe(
      'v1,/eq18zDSneP6GxEqBkou9aZQiMpiIJbrAyaMiIKwUGA=',
    );
  });

  it('takes a secret in base64 as its tools make them', () => {
    const secret = `whsec_${Buffer.from('0123456789abcdef').toString('base64')}`;
    expect(signWebhook(secret, 'a', 1, 'b')).toBe(signWebhook('0123456789abcdef', 'a', 1, 'b'));
  });

  it.each([
    [200, 'taken'],
    [204, 'taken'],
    [301, 'retry'],
    [400, 'refused'],
    [401, 'retry'],
    [404, 'retry'],
    [408, 'retry'],
    [410, 'refused'],
    [422, 'refused'],
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
  ] as const)('that answers %i means: %s', (status, kind) => {
    expect(judgeWebhookAnswer(status, null, 0).kind).toBe(kind);
  });

  it('says when to try again in seconds or as a date, up to five minutes', () => {
    const wallMs = Date.parse('2026-01-01T00:00:00Z');
    const afterMs = (text: string) => judgeWebhookAnswer(503, text, wallMs);
    expect(afterMs('7')).toEqual({ kind: 'retry', retryAfterMs: 7_000 });
    expect(afterMs('Thu, 01 Jan 2026 00:00:30 GMT')).toEqual({ kind: 'retry', retryAfterMs: 30_000 });
    expect(afterMs('86400')).toEqual({ kind: 'retry', retryAfterMs: 300_000 });
    expect(afterMs('soon')).toEqual({ kind: 'retry', retryAfterMs: 0 });
  });
});
