import type { NodeConfig } from '../../../config/schema.ts';
import type { Clock } from '../../../core/clock.ts';
import { CamshardError } from '../../../core/errors.ts';
import { CLOUD_EVENT_MEDIA_TYPE, cloudEvent } from '../../alerts/cloud-event.ts';
import type { AlertSink, Delivered, OutboxAlert } from '../../alerts/sink.ts';
import { signWebhook } from './sign-webhook.ts';
import { judgeWebhookAnswer } from './webhook-answer.ts';

/** An endpoint did not take an alert; `code` says whether it answered. */
export class WebhookError extends CamshardError {}

export interface WebhookSinkOptions {
  readonly webhook: NodeConfig['alerts']['webhooks'][number];
  readonly clock: Clock;
}

/** One HTTP endpoint that gets each alert as a POST of a CloudEvent, one after the other. */
export function webhookSink({ webhook, clock }: WebhookSinkOptions): AlertSink {
  const { name, secret, severities, timeoutMs } = webhook;
  const { url, authorization, shown } = addressOf(webhook.url);
  const post = async ({ alert }: OutboxAlert, signal: AbortSignal): Promise<Response> => {
    const event = cloudEvent(alert);
    const body = JSON.stringify(event);
    const timestampS = Math.floor(clock.wallMs() / 1_000);
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': CLOUD_EVENT_MEDIA_TYPE,
        'user-agent': 'camshard',
        ...authorization,
        'webhook-id': event.id,
        'webhook-timestamp': String(timestampS),
        ...(secret === null ? {} : { 'webhook-signature': signWebhook(secret, event.id, timestampS, body) }),
      },
      body,
      // A redirect would send the alert, signed, to somewhere nobody configured.
      redirect: 'manual',
      signal,
    });
    // What it says beside its status is of no use: not read, so that it cannot be endless.
    await response.body?.cancel().catch(() => {});
    return response;
  };
  return {
    name: `webhook:${name}`,
    batchMax: 1,
    wants: ({ severity }) => severities.includes(severity),
    async deliver([first], signal): Promise<Delivered> {
      if (first === undefined) return { done: 0 };
      const abort = new AbortController();
      const onAbort = (): void => abort.abort();
      signal.addEventListener('abort', onAbort);
      const timer = clock.after(timeoutMs, onAbort);
      try {
        const response = await post(first, abort.signal);
        const judged = judgeWebhookAnswer(response.status, response.headers.get('retry-after'), clock.wallMs());
        const said = `${shown} answered ${response.status}`;
        if (judged.kind === 'taken') return { done: 1 };
        if (judged.kind === 'refused') {
          return { done: 1, refused: [{ position: first.position, reason: 'rejected', detail: said }] };
        }
        const error = new WebhookError('webhook_status', said);
        return { done: 0, fault: { error, retryAfterMs: judged.retryAfterMs } };
      } catch (cause) {
        const why = abort.signal.aborted ? `did not answer within ${timeoutMs} ms` : 'cannot be reached';
        const code = abort.signal.aborted ? 'webhook_timeout' : 'webhook_unreachable';
        return { done: 0, fault: { error: new WebhookError(code, `${shown} ${why}`, { cause }) } };
      } finally {
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
      }
    },
    async close() {},
  };
}

/**
 * User and password of an address go into a header: `fetch` refuses them in an address, and shows them in the error it
 * throws. What is shown of it is where it leads and no more, since the path of many a webhook is its only secret.
 */
function addressOf(text: string) {
  const url = new URL(text);
  const { username, password, origin } = url;
  url.username = '';
  url.password = '';
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const authorization = username === '' && password === '' ? {} : { authorization: `Basic ${login}` };
  return { url: url.href, authorization, shown: origin };
}
