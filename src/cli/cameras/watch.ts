import WebSocket from 'ws';
import { systemClock } from '../../../core/clock.ts';
import type { Detection } from '../../../core/detection.ts';
import { CamshardError } from '../../../core/errors.ts';
import { decodeWatchedFrame } from '../../../core/frame-codec.ts';
import { parseCameraId } from '../../../core/ids.ts';
import type { WatchedFrameHead } from '../../../core/protocol.ts';
import { backoffMs, RECONNECT_BACKOFF } from '../../client/backoff.ts';
import { parseNodeUrl, redactUrl, splitNodeUrls } from '../../client/urls.ts';
import type { WatchOptions } from '../cameras.ts';
import { EXIT, UsageError } from '../exit.ts';
import { keepAlive } from '../keep-alive.ts';
import { type NodeAddress, nodeAddress } from '../options.ts';

const MESSAGE_BYTES_MAX = 32 * 1024 * 1024;
/** A camera that sends nothing for this long gets a line saying so, so that an empty screen is no riddle. */
const QUIET_MS = 5_000;

/**
 * Runs `camshard cameras watch`: a line a frame until Ctrl-C, or `--count` frames. Reconnects when the node restarts.
 * @throws CamshardError where the node cannot be reached at first or refuses, UsageError for a bad id
 */
export async function watchCamera(camera: string, options: WatchOptions): Promise<number> {
  const id = parseCameraId(camera);
  if (id === undefined)
    throw new UsageError(`"${camera}" is no camera id; allowed: [A-Za-z0-9._-], 1 to 64 characters`);
  const address = nodeAddress(options, process.env);
  const urls = splitNodeUrls(address.url);
  const alive = keepAlive();
  const clock = systemClock;
  const end = new AbortController();
  const stop = () => end.abort();
  process.on('SIGINT', stop).on('SIGTERM', stop);
  let seen = 0;
  let lastAtMs = clock.nowMs();
  const quiet = clock.every(QUIET_MS, () => {
    if (clock.nowMs() - lastAtMs < QUIET_MS) return;
    const hint = seen === 0 ? '; camshard cameras ls lists those there are' : '';
    process.stderr.write(`no frames from ${id} for ${Math.round((clock.nowMs() - lastAtMs) / 1_000)} s${hint}\n`);
  });
  const onFrame = (head: WatchedFrameHead) => {
    lastAtMs = clock.nowMs();
    console.log(options.json === true ? JSON.stringify(head) : watchLine(head));
    if (++seen === (options.limit ?? options.count)) stop();
  };
  try {
    for (let attempt = 0, opened = false; !end.signal.aborted; attempt++) {
      const url = urls[attempt % urls.length] ?? address.url;
      const outcome = await follow({ ...address, url }, id, onFrame, end.signal);
      if (outcome.kind === 'failed' && !opened && attempt + 1 < urls.length) continue;
      if (outcome.kind === 'refused' || (outcome.kind === 'failed' && !opened)) {
        throw new CamshardError('node_unreachable', `cannot watch at ${redactUrl(address.url)}: ${outcome.why}`);
      }
      if (end.signal.aborted) break;
      if (outcome.kind === 'closed') {
        opened = true;
        attempt = 0;
      }
      const waitMs = backoffMs(attempt, RECONNECT_BACKOFF, Math.random);
      process.stderr.write(`${outcome.why}; trying again in ${(waitMs / 1_000).toFixed(1)} s\n`);
      await new Promise<void>((resolve) => {
        const timer = clock.after(waitMs, resolve);
        end.signal.addEventListener('abort', () => {
          timer.cancel();
          resolve();
        });
      });
    }
  } finally {
    quiet.cancel();
    alive.cancel();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
  return EXIT.ok;
}

type FollowOutcome = { readonly kind: 'closed' | 'failed' | 'refused'; readonly why: string };

/** One connection to `/v1/live`, until it ends or `signal` says so. */
function follow(
  { url, token, verifyTls }: NodeAddress,
  camera: string,
  onFrame: (head: WatchedFrameHead) => void,
  signal: AbortSignal,
): Promise<FollowOutcome> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${parseNodeUrl(url).ws}/v1/live?topics=${encodeURIComponent(`camera:${camera}`)}`, {
      perMessageDeflate: false,
      maxPayload: MESSAGE_BYTES_MAX,
      rejectUnauthorized: verifyTls,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
    let opened = false;
    const settle = (outcome: FollowOutcome) => {
      signal.removeEventListener('abort', close);
      resolve(outcome);
    };
    const close = () => {
      if (opened) socket.close();
      else socket.terminate();
    };
    signal.addEventListener('abort', close);
    socket.on('open', () => {
      opened = true;
    });
    socket.on('message', (data, isBinary) => {
      if (!isBinary || signal.aborted) return;
      const head = decodeWatchedFrame(new Uint8Array(data as Buffer))?.header as WatchedFrameHead | undefined;
      if (head !== undefined && Array.isArray(head.detections)) onFrame(head);
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

/** `12:00:01.123  frame 17  41.2 ms  car 0.72 (0.10,0.20,0.30,0.40)`. */
export function watchLine(head: WatchedFrameHead): string {
  const time = new Date(head.receivedAt).toISOString().slice(11, 23);
  const found = head.detections.length === 0 ? 'nothing' : head.detections.map(detectionText).join('  ');
  return `${time}  frame ${head.seq}  ${head.latencyMs.toFixed(1)} ms  ${found}`;
}

function detectionText({ label, score, box }: Detection): string {
  return `${label} ${score.toFixed(2)} (${box.map((v) => v.toFixed(2)).join(',')})`;
}
