import WebSocket from 'ws';
import type { Clock, Timer } from '../../../core/clock.ts';
import { parseNodeUrl } from '../../client/urls.ts';
import type { NodeAddress } from '../options.ts';

/** How a connection ended; `refused`: trying again will not help. */
export interface FollowOutcome {
  readonly kind: 'closed' | 'failed' | 'refused';
  readonly why: string;
}

export interface LiveListener {
  readonly onOpen: () => void;
  /** Each JSON message. */
  readonly onMessage: (message: unknown) => void;
}

const MESSAGE_BYTES_MAX = 16 * 1024 ** 2;
/** The node pings more often than this; a connection without is dead, whatever TCP makes of it. */
const SILENCE_MS_MAX = 90_000;

/** One connection to `/v1/live` for a topic, until it ends or `signal` aborts. */
export function followLive(
  { url, token, verifyTls }: NodeAddress,
  topic: string,
  clock: Clock,
  signal: AbortSignal,
  listener: LiveListener,
): Promise<FollowOutcome> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${parseNodeUrl(url).ws}/v1/live?topics=${encodeURIComponent(topic)}`, {
      perMessageDeflate: false,
      maxPayload: MESSAGE_BYTES_MAX,
      rejectUnauthorized: verifyTls,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    let opened = false;
    let silence: Timer | undefined;
    const alive = (): void => {
      silence?.cancel();
      silence = clock.after(SILENCE_MS_MAX, () => socket.terminate());
    };
    const settle = (outcome: FollowOutcome): void => {
      silence?.cancel();
      signal.removeEventListener('abort', close);
      resolve(outcome);
    };
    const close = (): void => {
      if (opened) socket.close();
      else socket.terminate();
    };
    signal.addEventListener('abort', close);
    socket.on('open', () => {
      opened = true;
      alive();
      listener.onOpen();
    });
    socket.on('ping', alive);
    socket.on('message', (data, isBinary) => {
      alive();
      if (!isBinary && !signal.aborted) listener.onMessage(parse(data.toString()));
    });
    socket.on('unexpected-response', (_request, response) => {
      const status = response.statusCode ?? 0;
      const hint = status === 401 ? ': the token is missing or wrong (--token or CAMSHARD_TOKEN)' : '';
      settle({ kind: status < 500 ? 'refused' : 'failed', why: `the node answered ${status}${hint}` });
      socket.terminate();
    });
    socket.on('error', (error) => {
      if (!opened) settle({ kind: 'failed', why: error.message || String((error as NodeJS.ErrnoException).code) });
    });
    socket.on('close', (code) => settle({ kind: opened ? 'closed' : 'failed', why: `connection closed (${code})` }));
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
