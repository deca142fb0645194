import { createHmac } from 'node:crypto';

/**
 * The header `webhook-signature` of Standard Webhooks (https://www.standardwebhooks.com): `v1,` and the base64 of
 * HMAC-SHA256 over `<id>.<timestamp>.<body>`.
 * @param secret `whsec_` and base64, as their tools make it; any other text is taken as its own bytes
 */
export function signWebhook(secret: string, id: string, timestampS: number, body: string): string {
  const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : Buffer.from(secret);
  return `v1,${createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64')}`;
}

const PREFIX = 'whsec_';
